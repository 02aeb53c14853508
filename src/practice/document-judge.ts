import { z } from "zod";

const Node = z.record(z.string(), z.unknown());
type Node = z.infer<typeof Node>;

/**
 * Judges answers by an OpenAPI document: is this status described, is the content of the described type, does the body
 * have the described shape, and nothing beside it? Knows the part of JSON Schema the practice document uses and throws
 * on the rest, so that nothing is passed over.
 */
export function judgeBy(document: unknown) {
  const root = Node.parse(document);
  const follow = (reference: string): Node =>
    Node.parse(
      reference
        .slice(2)
        .split("/")
        .reduce<unknown>((at, name) => Node.parse(at)[name], root),
    );
  const resolved = (node: unknown): Node => {
    const parsed = Node.parse(node);
    return typeof parsed["$ref"] === "string" ? resolved(follow(parsed["$ref"])) : parsed;
  };

  function shape(schemaNode: unknown, value: unknown, at: string): string[] {
    const schema = resolved(schemaNode);
    const unknown = Object.keys(schema).filter((word) => !knownWords.has(word));
    if (unknown.length > 0) throw new Error(`The judge does not know ${unknown.join(", ")} at ${at}.`);
    const types = [schema["type"] ?? []].flat();
    if (types.length > 0 && !types.some((type) => isOfType(value, String(type))))
      return [`${at} is not ${types.join(" or ")}`];
    if ("const" in schema && value !== schema["const"]) return [`${at} is not ${String(schema["const"])}`];
    if (Array.isArray(schema["enum"]) && !schema["enum"].includes(value))
      return [`${at} is not one of ${schema["enum"].join(", ")}`];
    if (typeof value === "number" && typeof schema["minimum"] === "number" && value < schema["minimum"])
      return [`${at} is too small`];
    if (
      typeof value === "string" &&
      schema["format"] === "date-time" &&
      !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value)
    )
      return [`${at} is not a time`];
    if (Array.isArray(value)) return value.flatMap((item, index) => shape(schema["items"], item, `${at}[${index}]`));
    if (typeof value !== "object" || value === null) return [];

    const properties = Node.parse(schema["properties"] ?? {});
    const missing = z
      .array(z.string())
      .parse(schema["required"] ?? [])
      .filter((name) => !(name in value));
    return [
      ...missing.map((name) => `${at}.${name} is missing`),
      ...Object.entries(value).flatMap(([name, inner]) => {
        if (name in properties) return shape(properties[name], inner, `${at}.${name}`);
        return typeof schema["additionalProperties"] === "object"
          ? shape(schema["additionalProperties"], inner, `${at}.${name}`)
          : [`${at}.${name} is not in the document`];
      }),
    ];
  }

  return {
    /** What is wrong with this answer; nothing, if all is well. The body is read. */
    async answer(path: string, method: string, response: Response): Promise<string[]> {
      const operation = Node.parse(Node.parse(Node.parse(root["paths"])[path])[method]);
      const described = Node.parse(operation["responses"])[String(response.status)];
      if (described === undefined)
        return [`${method} ${path} answers ${response.status}, which the document does not know`];
      const { content, headers } = z
        .object({ content: Node.optional(), headers: Node.optional() })
        .parse(resolved(described));
      const at = `${method} ${path} ${response.status}`;
      const absent = Object.keys(headers ?? {}).filter((name) => name !== "Link" && !response.headers.has(name));
      const problems = absent.map((name) => `${at} lacks the header ${name}`);
      const bytes = await response.arrayBuffer();
      if (content === undefined) return bytes.byteLength === 0 ? problems : [...problems, `${at} has a body`];
      const type = response.headers.get("content-type")?.split(";")[0] ?? "";
      const medium = content[type] ?? content["application/octet-stream"];
      if (medium === undefined) return [...problems, `${at} is ${type}`];
      const { schema } = z.object({ schema: Node.optional() }).parse(medium);
      if (schema === undefined || type !== "application/json") return problems;
      return [...problems, ...shape(schema, JSON.parse(new TextDecoder().decode(bytes)), at)];
    },
    /** What is wrong with this value by this schema of the document. */
    shape,
    resolved,
  };
}

const knownWords = new Set(
  "type const enum items properties required additionalProperties format minimum maximum minLength maxLength minItems maxItems default description example title propertyNames".split(
    " ",
  ),
);

function isOfType(value: unknown, type: string): boolean {
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "integer") return Number.isInteger(value);
  if (type === "object") return typeof value === "object" && value !== null && !Array.isArray(value);
  return typeof value === type;
}
