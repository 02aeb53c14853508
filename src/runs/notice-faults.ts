import type { Fault } from "../contract/fault.ts";
import type { Scope } from "../contract/scope.ts";
import { Shape } from "../contract/shape.ts";
import { type Database, withinTenant } from "../database/database.ts";
import { countFault } from "../integrations/faults.ts";
import { shapeOfOperation } from "../integrations/trials.ts";
import { faultOf } from "./fault-of.ts";
import type { IntegrationFacts } from "./integration-facts.ts";
import type { Sent } from "./requests.ts";

export type MetFault = Fault & { slug: string; integrationId: string; versionId: string };

type Needs = { database: Database; version: IntegrationFacts["version"]; log(line: string): void };

/** Counts what failed in a run as if the service had changed; each way once, however often it was met. */
export async function noticeFaults(needs: Needs, scope: Scope, sent: Sent[]): Promise<MetFault[]> {
  const met = new Map<string, MetFault>();
  try {
    for (const { grant, request } of sent) {
      const { operation: name, status } = request;
      if (name === null || status === null || !telling.has(status)) continue;
      const { slug, integrationId, versionId } = grant;
      const known = status === 200 ? await knownShape(needs, scope, versionId, name) : undefined;
      if (status === 200 && known === undefined) continue;
      const operation = (await needs.version(scope, versionId)).description.operations[name];
      const fault = operation && faultOf(request, operation, known);
      if (fault)
        met.set(`${versionId} ${name} ${fault.kind}`, { ...fault, operation: name, slug, integrationId, versionId });
    }
    await withinTenant(needs.database, scope.tenantId, async (tx) => {
      for (const { operation, kind, detail, versionId } of met.values())
        await countFault(tx, scope, versionId, { operation, kind, detail });
    });
  } catch (error) {
    // The run itself is done: that its faults were not counted takes nothing from it.
    needs.log(`faults were not counted: ${error instanceof Error ? error.name : "error"}`);
  }
  return [...met.values()];
}

const telling = new Set([200, 400, 404, 410, 422]);

async function knownShape({ database }: Needs, scope: Scope, versionId: string, operation: string) {
  const shape = await withinTenant(database, scope.tenantId, (tx) => shapeOfOperation(tx, versionId, operation));
  return shape === undefined ? undefined : Shape.parse(shape);
}
