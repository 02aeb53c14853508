CREATE TABLE "access_token" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant_id" uuid NOT NULL,
	"person_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"hash" text NOT NULL,
	"label" text,
	"expires_at" timestamp with time zone,
	"used_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "access_token" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "approval" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant_id" uuid NOT NULL,
	"person_id" uuid NOT NULL,
	"conversation_id" uuid,
	"run_id" uuid,
	"connection_id" uuid NOT NULL,
	"request_hash" text NOT NULL,
	"operation" text NOT NULL,
	"access" text NOT NULL,
	"shown" jsonb NOT NULL,
	"status" text DEFAULT 'pending' NOT NULL,
	"decided_by" uuid,
	"decided_at" timestamp with time zone,
	"used_at" timestamp with time zone,
	"expires_at" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "approval" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "audit" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant_id" uuid NOT NULL,
	"person_id" uuid,
	"action" text NOT NULL,
	"outcome" text NOT NULL,
	"integration_id" uuid,
	"connection_id" uuid,
	"facts" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "audit" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "conversation" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant_id" uuid NOT NULL,
	"person_id" uuid NOT NULL,
	"title" text DEFAULT 'New conversation' NOT NULL,
	"last_seq" integer DEFAULT 0 NOT NULL,
	"sandbox_id" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "conversation_of_tenant" UNIQUE("tenant_id","id")
);
--> statement-breakpoint
ALTER TABLE "conversation" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "credential_version" (
	"tenant_id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"sealed" text NOT NULL,
	"key_id" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "credential_version_connection_id_version_pk" PRIMARY KEY("connection_id","version")
);
--> statement-breakpoint
ALTER TABLE "credential_version" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "custom_integration" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant_id" uuid NOT NULL,
	"owner_id" uuid,
	"slug" text NOT NULL,
	"origin" text DEFAULT 'private' NOT NULL,
	"current_version_id" uuid,
	"community_pull_request_url" text,
	"community_status" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "custom_integration_of_tenant" UNIQUE("tenant_id","id")
);
--> statement-breakpoint
ALTER TABLE "custom_integration" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "custom_integration_credential" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant_id" uuid NOT NULL,
	"person_id" uuid NOT NULL,
	"integration_id" uuid NOT NULL,
	"label" text NOT NULL,
	"auth_method_id" text NOT NULL,
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"scopes" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"credential_version" integer DEFAULT 0 NOT NULL,
	"expires_at" timestamp with time zone,
	"lifetime_seconds" integer,
	"enabled" boolean DEFAULT true NOT NULL,
	"is_default" boolean DEFAULT false NOT NULL,
	"status" text DEFAULT 'pending' NOT NULL,
	"status_reason" text,
	"proven_at" timestamp with time zone,
	"last_used_at" timestamp with time zone,
	"lease_owner" text,
	"lease_until" timestamp with time zone,
	"refresh_failures" integer DEFAULT 0 NOT NULL,
	"retry_refresh_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "custom_integration_credential_of_tenant" UNIQUE("tenant_id","id")
);
--> statement-breakpoint
ALTER TABLE "custom_integration_credential" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "event" (
	"tenant_id" uuid NOT NULL,
	"conversation_id" uuid NOT NULL,
	"seq" integer NOT NULL,
	"body" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "event_conversation_id_seq_pk" PRIMARY KEY("conversation_id","seq")
);
--> statement-breakpoint
ALTER TABLE "event" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "integration_version" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant_id" uuid NOT NULL,
	"integration_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"status" text DEFAULT 'draft' NOT NULL,
	"name" text NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"category" text,
	"icon_url" text,
	"docs_url" text,
	"base_url" text NOT NULL,
	"hosts" jsonb NOT NULL,
	"variables" jsonb NOT NULL,
	"auth" jsonb NOT NULL,
	"cli_code" text NOT NULL,
	"cli_instructions" text NOT NULL,
	"permissions" jsonb NOT NULL,
	"rules" jsonb NOT NULL,
	"tool" jsonb NOT NULL,
	"source" jsonb NOT NULL,
	"content_hash" text NOT NULL,
	"published_at" timestamp with time zone,
	"new_operations" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "integration_version" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "job_effect" (
	"tenant_id" uuid NOT NULL,
	"job_id" uuid NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "job_effect_tenant_id_job_id_pk" PRIMARY KEY("tenant_id","job_id")
);
--> statement-breakpoint
ALTER TABLE "job_effect" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "message" (
	"tenant_id" uuid NOT NULL,
	"conversation_id" uuid NOT NULL,
	"seq" integer NOT NULL,
	"role" text NOT NULL,
	"content" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "message_conversation_id_seq_pk" PRIMARY KEY("conversation_id","seq")
);
--> statement-breakpoint
ALTER TABLE "message" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "oauth_client" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant_id" uuid NOT NULL,
	"slug" text NOT NULL,
	"issuer" text,
	"client_id" text NOT NULL,
	"sealed_secret" text,
	"key_id" text,
	"registered" text DEFAULT 'by_hand' NOT NULL,
	"details" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "oauth_client" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "oauth_state" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant_id" uuid NOT NULL,
	"person_id" uuid NOT NULL,
	"hash" text NOT NULL,
	"session_hash" text,
	"integration_id" uuid NOT NULL,
	"auth_method_id" text NOT NULL,
	"connection_id" uuid,
	"sealed_verifier" text,
	"key_id" text,
	"details" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"return_to" text DEFAULT '/' NOT NULL,
	"used_at" timestamp with time zone,
	"expires_at" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "oauth_state" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "person" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant_id" uuid NOT NULL,
	"name" text NOT NULL,
	"email" text,
	"role" text DEFAULT 'owner' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "person_of_tenant" UNIQUE("tenant_id","id")
);
--> statement-breakpoint
ALTER TABLE "person" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "policy" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant_id" uuid NOT NULL,
	"level" text NOT NULL,
	"subject" text,
	"operation" text NOT NULL,
	"access" text,
	"decision" text NOT NULL,
	"created_by" uuid,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "policy" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "request" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant_id" uuid NOT NULL,
	"run_id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"operation" text,
	"access" text NOT NULL,
	"method" text NOT NULL,
	"host" text NOT NULL,
	"path" text NOT NULL,
	"request_hash" text NOT NULL,
	"status" integer,
	"outcome" text DEFAULT 'sent' NOT NULL,
	"ms" integer,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "request" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "run" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant_id" uuid NOT NULL,
	"person_id" uuid NOT NULL,
	"conversation_id" uuid,
	"turn_id" uuid,
	"kind" text NOT NULL,
	"command" text NOT NULL,
	"status" text DEFAULT 'running' NOT NULL,
	"exit_code" integer,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "run" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "run_grant" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant_id" uuid NOT NULL,
	"hash" text NOT NULL,
	"person_id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"integration_version_id" uuid NOT NULL,
	"conversation_id" uuid,
	"run_id" uuid NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"ended_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "run_grant" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "sealed_setting" (
	"tenant_id" uuid NOT NULL,
	"name" text NOT NULL,
	"sealed" text NOT NULL,
	"key_id" text NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "sealed_setting_tenant_id_name_pk" PRIMARY KEY("tenant_id","name")
);
--> statement-breakpoint
ALTER TABLE "sealed_setting" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "tenant" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"name" text NOT NULL,
	"settings" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "tenant" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "turn" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant_id" uuid NOT NULL,
	"conversation_id" uuid NOT NULL,
	"status" text DEFAULT 'running' NOT NULL,
	"lease_owner" text,
	"lease_until" timestamp with time zone,
	"state" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "turn" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "usage" (
	"tenant_id" uuid NOT NULL,
	"day" text NOT NULL,
	"kind" text NOT NULL,
	"subject" text NOT NULL,
	"count" integer DEFAULT 0 NOT NULL,
	"failures" integer DEFAULT 0 NOT NULL,
	"total_ms" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "usage_tenant_id_day_kind_subject_pk" PRIMARY KEY("tenant_id","day","kind","subject")
);
--> statement-breakpoint
ALTER TABLE "usage" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "vault_key" (
	"id" text PRIMARY KEY NOT NULL,
	"probe" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "vault_key" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "access_token" ADD CONSTRAINT "access_token_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "access_token" ADD CONSTRAINT "access_token_tenant_id_person_id_person_tenant_id_id_fk" FOREIGN KEY ("tenant_id","person_id") REFERENCES "public"."person"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "approval" ADD CONSTRAINT "approval_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "audit" ADD CONSTRAINT "audit_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "conversation" ADD CONSTRAINT "conversation_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "conversation" ADD CONSTRAINT "conversation_tenant_id_person_id_person_tenant_id_id_fk" FOREIGN KEY ("tenant_id","person_id") REFERENCES "public"."person"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "credential_version" ADD CONSTRAINT "credential_version_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "credential_version" ADD CONSTRAINT "credential_version_tenant_id_connection_id_custom_integration_credential_tenant_id_id_fk" FOREIGN KEY ("tenant_id","connection_id") REFERENCES "public"."custom_integration_credential"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "custom_integration" ADD CONSTRAINT "custom_integration_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "custom_integration_credential" ADD CONSTRAINT "custom_integration_credential_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "custom_integration_credential" ADD CONSTRAINT "custom_integration_credential_tenant_id_person_id_person_tenant_id_id_fk" FOREIGN KEY ("tenant_id","person_id") REFERENCES "public"."person"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "custom_integration_credential" ADD CONSTRAINT "custom_integration_credential_tenant_id_integration_id_custom_integration_tenant_id_id_fk" FOREIGN KEY ("tenant_id","integration_id") REFERENCES "public"."custom_integration"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "event" ADD CONSTRAINT "event_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "event" ADD CONSTRAINT "event_tenant_id_conversation_id_conversation_tenant_id_id_fk" FOREIGN KEY ("tenant_id","conversation_id") REFERENCES "public"."conversation"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "integration_version" ADD CONSTRAINT "integration_version_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "integration_version" ADD CONSTRAINT "integration_version_tenant_id_integration_id_custom_integration_tenant_id_id_fk" FOREIGN KEY ("tenant_id","integration_id") REFERENCES "public"."custom_integration"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "job_effect" ADD CONSTRAINT "job_effect_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "message" ADD CONSTRAINT "message_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "message" ADD CONSTRAINT "message_tenant_id_conversation_id_conversation_tenant_id_id_fk" FOREIGN KEY ("tenant_id","conversation_id") REFERENCES "public"."conversation"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "oauth_client" ADD CONSTRAINT "oauth_client_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "oauth_state" ADD CONSTRAINT "oauth_state_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "person" ADD CONSTRAINT "person_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "policy" ADD CONSTRAINT "policy_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "request" ADD CONSTRAINT "request_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "run" ADD CONSTRAINT "run_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "run_grant" ADD CONSTRAINT "run_grant_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "run_grant" ADD CONSTRAINT "run_grant_tenant_id_connection_id_custom_integration_credential_tenant_id_id_fk" FOREIGN KEY ("tenant_id","connection_id") REFERENCES "public"."custom_integration_credential"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sealed_setting" ADD CONSTRAINT "sealed_setting_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "turn" ADD CONSTRAINT "turn_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "turn" ADD CONSTRAINT "turn_tenant_id_conversation_id_conversation_tenant_id_id_fk" FOREIGN KEY ("tenant_id","conversation_id") REFERENCES "public"."conversation"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "usage" ADD CONSTRAINT "usage_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "access_token_hash" ON "access_token" USING btree ("hash");--> statement-breakpoint
CREATE INDEX "approval_status" ON "approval" USING btree ("tenant_id","status");--> statement-breakpoint
CREATE INDEX "approval_of_conversation" ON "approval" USING btree ("conversation_id");--> statement-breakpoint
CREATE INDEX "audit_time" ON "audit" USING btree ("tenant_id","created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "custom_integration_slug" ON "custom_integration" USING btree ("tenant_id","slug");--> statement-breakpoint
CREATE INDEX "credential_of_integration" ON "custom_integration_credential" USING btree ("tenant_id","integration_id");--> statement-breakpoint
CREATE UNIQUE INDEX "integration_version_number" ON "integration_version" USING btree ("integration_id","version");--> statement-breakpoint
CREATE UNIQUE INDEX "integration_version_content" ON "integration_version" USING btree ("integration_id","content_hash");--> statement-breakpoint
CREATE UNIQUE INDEX "oauth_client_slug" ON "oauth_client" USING btree ("tenant_id","slug");--> statement-breakpoint
CREATE UNIQUE INDEX "oauth_state_hash" ON "oauth_state" USING btree ("hash");--> statement-breakpoint
CREATE INDEX "policy_of_tenant" ON "policy" USING btree ("tenant_id");--> statement-breakpoint
CREATE INDEX "request_of_run" ON "request" USING btree ("run_id");--> statement-breakpoint
CREATE INDEX "run_of_turn" ON "run" USING btree ("turn_id");--> statement-breakpoint
CREATE UNIQUE INDEX "run_grant_hash" ON "run_grant" USING btree ("hash");--> statement-breakpoint
CREATE INDEX "run_grant_of_connection" ON "run_grant" USING btree ("tenant_id","connection_id");--> statement-breakpoint
CREATE INDEX "turn_of_conversation" ON "turn" USING btree ("conversation_id");--> statement-breakpoint
CREATE POLICY "access_token_tenant" ON "access_token" AS PERMISSIVE FOR ALL TO "patchbay_app" USING (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid)) WITH CHECK (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "approval_tenant" ON "approval" AS PERMISSIVE FOR ALL TO "patchbay_app" USING (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid)) WITH CHECK (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "audit_tenant" ON "audit" AS PERMISSIVE FOR ALL TO "patchbay_app" USING (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid)) WITH CHECK (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "conversation_tenant" ON "conversation" AS PERMISSIVE FOR ALL TO "patchbay_app" USING (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid)) WITH CHECK (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "credential_version_tenant" ON "credential_version" AS PERMISSIVE FOR ALL TO "patchbay_app" USING (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid)) WITH CHECK (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "custom_integration_tenant" ON "custom_integration" AS PERMISSIVE FOR ALL TO "patchbay_app" USING (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid)) WITH CHECK (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "custom_integration_credential_tenant" ON "custom_integration_credential" AS PERMISSIVE FOR ALL TO "patchbay_app" USING (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid)) WITH CHECK (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "event_tenant" ON "event" AS PERMISSIVE FOR ALL TO "patchbay_app" USING (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid)) WITH CHECK (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "integration_version_tenant" ON "integration_version" AS PERMISSIVE FOR ALL TO "patchbay_app" USING (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid)) WITH CHECK (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "job_effect_tenant" ON "job_effect" AS PERMISSIVE FOR ALL TO "patchbay_app" USING (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid)) WITH CHECK (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "message_tenant" ON "message" AS PERMISSIVE FOR ALL TO "patchbay_app" USING (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid)) WITH CHECK (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "oauth_client_tenant" ON "oauth_client" AS PERMISSIVE FOR ALL TO "patchbay_app" USING (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid)) WITH CHECK (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "oauth_state_tenant" ON "oauth_state" AS PERMISSIVE FOR ALL TO "patchbay_app" USING (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid)) WITH CHECK (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "person_tenant" ON "person" AS PERMISSIVE FOR ALL TO "patchbay_app" USING (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid)) WITH CHECK (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "policy_tenant" ON "policy" AS PERMISSIVE FOR ALL TO "patchbay_app" USING (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid)) WITH CHECK (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "request_tenant" ON "request" AS PERMISSIVE FOR ALL TO "patchbay_app" USING (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid)) WITH CHECK (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "run_tenant" ON "run" AS PERMISSIVE FOR ALL TO "patchbay_app" USING (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid)) WITH CHECK (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "run_grant_tenant" ON "run_grant" AS PERMISSIVE FOR ALL TO "patchbay_app" USING (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid)) WITH CHECK (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "sealed_setting_tenant" ON "sealed_setting" AS PERMISSIVE FOR ALL TO "patchbay_app" USING (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid)) WITH CHECK (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "tenant_self" ON "tenant" AS PERMISSIVE FOR ALL TO "patchbay_app" USING (id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid)) WITH CHECK (id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "turn_tenant" ON "turn" AS PERMISSIVE FOR ALL TO "patchbay_app" USING (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid)) WITH CHECK (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "usage_tenant" ON "usage" AS PERMISSIVE FOR ALL TO "patchbay_app" USING (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid)) WITH CHECK (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "vault_key_server" ON "vault_key" AS PERMISSIVE FOR ALL TO "patchbay_app" USING ((select nullif(current_setting('patchbay.tenant', true), '')::uuid) is null) WITH CHECK ((select nullif(current_setting('patchbay.tenant', true), '')::uuid) is null);