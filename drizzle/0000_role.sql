-- The role the server works as. It owns nothing and cannot log in; row-level security always holds for it.
DO $$ BEGIN
	CREATE ROLE "patchbay_app" NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
	NULL; -- another database of this cluster made it
END $$;
