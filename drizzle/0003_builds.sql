ALTER TABLE "integration_version" ADD CONSTRAINT "integration_version_of_tenant" UNIQUE("tenant_id","id");--> statement-breakpoint
CREATE TABLE "build" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant_id" uuid NOT NULL,
	"person_id" uuid NOT NULL,
	"conversation_id" uuid,
	"integration_id" uuid,
	"url" text NOT NULL,
	"status" text DEFAULT 'reading' NOT NULL,
	"docs" jsonb NOT NULL,
	"facts" jsonb,
	"decided_by" uuid,
	"decided_at" timestamp with time zone,
	"operations" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"input_tokens" integer DEFAULT 0 NOT NULL,
	"cached_tokens" integer DEFAULT 0 NOT NULL,
	"output_tokens" integer DEFAULT 0 NOT NULL,
	"token_limit" integer NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "build_of_tenant" UNIQUE("tenant_id","id")
);
--> statement-breakpoint
ALTER TABLE "build" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "docs_section" (
	"tenant_id" uuid NOT NULL,
	"build_id" uuid NOT NULL,
	"number" integer NOT NULL,
	"url" text NOT NULL,
	"title" text NOT NULL,
	"heading" text NOT NULL,
	"text" text NOT NULL,
	CONSTRAINT "docs_section_build_id_number_pk" PRIMARY KEY("build_id","number")
);
--> statement-breakpoint
ALTER TABLE "docs_section" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "operation_fault" (
	"tenant_id" uuid NOT NULL,
	"version_id" uuid NOT NULL,
	"operation" text NOT NULL,
	"kind" text NOT NULL,
	"detail" text NOT NULL,
	"count" integer DEFAULT 1 NOT NULL,
	"person_ids" jsonb NOT NULL,
	"first_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "operation_fault_version_id_operation_kind_detail_pk" PRIMARY KEY("version_id","operation","kind","detail")
);
--> statement-breakpoint
ALTER TABLE "operation_fault" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "operation_trial" (
	"tenant_id" uuid NOT NULL,
	"version_id" uuid NOT NULL,
	"operation" text NOT NULL,
	"outcome" text NOT NULL,
	"status" integer,
	"message" text,
	"shape" jsonb,
	"tried_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "operation_trial_version_id_operation_pk" PRIMARY KEY("version_id","operation")
);
--> statement-breakpoint
ALTER TABLE "operation_trial" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "build" ADD CONSTRAINT "build_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "build" ADD CONSTRAINT "build_tenant_id_person_id_person_tenant_id_id_fk" FOREIGN KEY ("tenant_id","person_id") REFERENCES "public"."person"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "build" ADD CONSTRAINT "build_tenant_id_integration_id_custom_integration_tenant_id_id_fk" FOREIGN KEY ("tenant_id","integration_id") REFERENCES "public"."custom_integration"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "docs_section" ADD CONSTRAINT "docs_section_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "docs_section" ADD CONSTRAINT "docs_section_tenant_id_build_id_build_tenant_id_id_fk" FOREIGN KEY ("tenant_id","build_id") REFERENCES "public"."build"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "operation_fault" ADD CONSTRAINT "operation_fault_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "operation_fault" ADD CONSTRAINT "operation_fault_tenant_id_version_id_integration_version_tenant_id_id_fk" FOREIGN KEY ("tenant_id","version_id") REFERENCES "public"."integration_version"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "operation_trial" ADD CONSTRAINT "operation_trial_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "operation_trial" ADD CONSTRAINT "operation_trial_tenant_id_version_id_integration_version_tenant_id_id_fk" FOREIGN KEY ("tenant_id","version_id") REFERENCES "public"."integration_version"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "build_of_conversation" ON "build" USING btree ("conversation_id");--> statement-breakpoint
CREATE INDEX "build_of_integration" ON "build" USING btree ("integration_id");--> statement-breakpoint
CREATE POLICY "build_tenant" ON "build" AS PERMISSIVE FOR ALL TO "patchbay_app" USING (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid)) WITH CHECK (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "docs_section_tenant" ON "docs_section" AS PERMISSIVE FOR ALL TO "patchbay_app" USING (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid)) WITH CHECK (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "operation_fault_tenant" ON "operation_fault" AS PERMISSIVE FOR ALL TO "patchbay_app" USING (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid)) WITH CHECK (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "operation_trial_tenant" ON "operation_trial" AS PERMISSIVE FOR ALL TO "patchbay_app" USING (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid)) WITH CHECK (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid));