-- Runs at every start after the migrations, as the owner of the tables. A table added later is fenced in even when its
-- migration forgot to: without a policy nobody reads it. FORCE: the policies hold for the owner as well.
DO $$ DECLARE one record; BEGIN
	FOR one IN SELECT c.oid::regclass AS name FROM pg_class c
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
			AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
	LOOP
		EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', one.name);
		EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', one.name);
	END LOOP;
	IF NOT pg_has_role(current_user, 'patchbay_app', 'SET') THEN
		EXECUTE format('GRANT patchbay_app TO %I', current_user);
	END IF;
	IF NOT EXISTS (SELECT FROM pg_policies WHERE tablename = 'tenant' AND policyname = 'tenant_list') THEN
		EXECUTE format('CREATE POLICY tenant_list ON public.tenant FOR SELECT TO %I USING (true)', current_user);
	END IF;
END $$;
--> statement-breakpoint
GRANT USAGE ON SCHEMA public TO patchbay_app;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO patchbay_app;
--> statement-breakpoint
-- The ids of all tenants, for the server between two transactions. Inside a tenant's transaction it names nobody.
CREATE OR REPLACE FUNCTION public.patchbay_tenants() RETURNS SETOF uuid
	LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
	AS $$ SELECT id FROM public.tenant WHERE nullif(current_setting('patchbay.tenant', true), '') IS NULL ORDER BY created_at, id $$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION public.patchbay_tenants() FROM PUBLIC;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION public.patchbay_tenants() TO patchbay_app;
