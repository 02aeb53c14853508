ALTER TABLE "access_token" ADD COLUMN "made_by" uuid;--> statement-breakpoint
ALTER TABLE "access_token" ADD CONSTRAINT "access_token_of_tenant" UNIQUE("tenant_id","id");--> statement-breakpoint
ALTER TABLE "access_token" ADD CONSTRAINT "access_token_tenant_id_made_by_access_token_tenant_id_id_fk" FOREIGN KEY ("tenant_id","made_by") REFERENCES "public"."access_token"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "access_token_made_by" ON "access_token" USING btree ("made_by");