/** Whose things are meant. Every query runs inside a tenant; every use of a credential is somebody's. */
export type Scope = { tenantId: string; personId: string };
