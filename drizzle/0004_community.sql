CREATE TABLE "community_lock" (
	"slug" text PRIMARY KEY NOT NULL,
	"owner" text NOT NULL,
	"until" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "community_lock" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "community_offer" (
	"tenant_id" uuid NOT NULL,
	"integration_id" uuid PRIMARY KEY NOT NULL,
	"person_id" uuid NOT NULL,
	"version_id" uuid NOT NULL,
	"proof" jsonb NOT NULL,
	"status" text NOT NULL,
	"reasons" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"words" text,
	"repository" text,
	"pull_request" integer,
	"pull_request_url" text,
	"content_hash" text,
	"offered_at" timestamp with time zone,
	"not_before" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "community_offer" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "community_push" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"slug" text NOT NULL,
	"person_id" uuid NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "community_push" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "community_snapshot" (
	"commit" text PRIMARY KEY NOT NULL,
	"repository" text NOT NULL,
	"registry" jsonb NOT NULL,
	"files" jsonb NOT NULL,
	"pulled_at" timestamp with time zone DEFAULT now() NOT NULL,
	"installed_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "community_snapshot" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "community_offer" ADD CONSTRAINT "community_offer_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "community_offer" ADD CONSTRAINT "community_offer_tenant_id_integration_id_custom_integration_tenant_id_id_fk" FOREIGN KEY ("tenant_id","integration_id") REFERENCES "public"."custom_integration"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "community_push_time" ON "community_push" USING btree ("created_at");--> statement-breakpoint
ALTER TABLE "custom_integration" DROP COLUMN "community_pull_request_url";--> statement-breakpoint
ALTER TABLE "custom_integration" DROP COLUMN "community_status";--> statement-breakpoint
CREATE POLICY "community_lock_server" ON "community_lock" AS PERMISSIVE FOR ALL TO "patchbay_app" USING ((select nullif(current_setting('patchbay.tenant', true), '')::uuid) is null) WITH CHECK ((select nullif(current_setting('patchbay.tenant', true), '')::uuid) is null);--> statement-breakpoint
CREATE POLICY "community_offer_tenant" ON "community_offer" AS PERMISSIVE FOR ALL TO "patchbay_app" USING (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid)) WITH CHECK (tenant_id = (select nullif(current_setting('patchbay.tenant', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "community_push_server" ON "community_push" AS PERMISSIVE FOR ALL TO "patchbay_app" USING ((select nullif(current_setting('patchbay.tenant', true), '')::uuid) is null) WITH CHECK ((select nullif(current_setting('patchbay.tenant', true), '')::uuid) is null);--> statement-breakpoint
CREATE POLICY "community_snapshot_server" ON "community_snapshot" AS PERMISSIVE FOR ALL TO "patchbay_app" USING ((select nullif(current_setting('patchbay.tenant', true), '')::uuid) is null) WITH CHECK ((select nullif(current_setting('patchbay.tenant', true), '')::uuid) is null);