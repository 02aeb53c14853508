/** What a model (and a person) is shown of a long output: its size, its shape when it is JSON, its beginning, the way on. */
export function preview(output: string, file: string): string {
  const bytes = Buffer.byteLength(output);
  const lines = output.split("\n").length;
  const shape = shapeOfText(output);
  const head = output.slice(0, headLength).toWellFormed();
  return [
    `${bytes} bytes in ${lines} lines, kept whole in ${file}`,
    ...(shape ? [`shape: ${shape}`] : []),
    `begins with:\n${head}`,
  ].join("\n");
}

/** Longer outputs go to a file. */
export const longestOutput = 8_000;
const headLength = 1_600;
const longestShape = 700;

function shapeOfText(output: string): string | undefined {
  const text = output.trim();
  if (!/^[[{]/.test(text)) return undefined;
  try {
    return cutShape(shapeOf(JSON.parse(text), 3));
  } catch {
    const lines = text.split("\n");
    try {
      return `${lines.length} lines, each ${cutShape(shapeOf(JSON.parse(lines[0] ?? ""), 3))}`;
    } catch {
      return undefined;
    }
  }
}

function cutShape(shape: string): string {
  return shape.length > longestShape ? `${shape.slice(0, longestShape)}…` : shape;
}

/** `[250 × {id: string, name: string, labels: [{id: string, …}]}]` */
export function shapeOf(value: unknown, depth: number): string {
  if (value === null) return "null";
  if (Array.isArray(value)) {
    if (value.length === 0) return "[]";
    const sample = Object.assign({}, ...value.slice(0, 20).filter(isRecord)) as Record<string, unknown>;
    const one = Object.keys(sample).length > 0 ? shapeOf(sample, depth) : shapeOf(value[0], depth);
    return `[${value.length} × ${one}]`;
  }
  if (!isRecord(value)) return typeof value;
  if (depth <= 1) return "{…}";
  const fields = Object.entries(value).map(([key, inner]) => `${key}: ${shapeOf(inner, depth - 1)}`);
  return `{${fields.join(", ")}}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
