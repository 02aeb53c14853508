import type { GraphQlSchema, GraphQlType } from "./graphql.ts";

/** A GraphQL schema given as text (SDL), read as far as a tool needs it; undefined when the text is something else. */
export function sdlOf(document: string | Uint8Array): GraphQlSchema | undefined {
  const head = (
    typeof document === "string" ? document.slice(0, 5000) : new TextDecoder().decode(document.subarray(0, 5000))
  ).trimStart();
  if (
    /^[{[<]/.test(head) ||
    !/^(?:#|"|schema\b|type\b|scalar\b|directive\b|enum\b|input\b|interface\b|union\b|extend\b)/.test(head)
  )
    return undefined;
  const text = typeof document === "string" ? document : new TextDecoder().decode(document);
  if (!/\b(?:type\s+(?:Query|Mutation)\b|schema\s*(?:@[^{]*)?\{)/.test(text)) return undefined;
  return new Reader(tokens(text)).schema();
}

type Token = { kind: "name" | "mark" | "text"; value: string };

function tokens(text: string): Token[] {
  const found: Token[] = [];
  const pattern =
    /"""([\s\S]*?(?<!\\))"""|"((?:[^"\\\n]|\\.)*)"|#[^\n]*|(-?[A-Za-z0-9_.]+)|([!(){}:=|&@[\]$])|[\s,\uFEFF]+|./g;
  for (const [, block, string, name, mark] of text.matchAll(pattern)) {
    if (block !== undefined || string !== undefined)
      found.push({ kind: "text", value: (block ?? string ?? "").trim() });
    else if (name !== undefined) found.push({ kind: "name", value: name });
    else if (mark !== undefined) found.push({ kind: "mark", value: mark });
  }
  return found;
}

class Reader {
  readonly #tokens: Token[];
  #at = 0;

  constructor(tokens: Token[]) {
    this.#tokens = tokens;
  }

  schema(): GraphQlSchema {
    const types = new Map<string, GraphQlType>();
    const roots = { query: "Query", mutation: "Mutation" };
    while (this.#at < this.#tokens.length) {
      const help = this.#text();
      let word = this.#next();
      if (word === "extend") word = this.#next();
      if (word === "schema") {
        this.#directives();
        this.#expect("{");
        while (this.#peek() !== "}" && this.#peek() !== undefined) {
          this.#text();
          const role = this.#next();
          this.#expect(":");
          const name = this.#next();
          if (role === "query" || role === "mutation") roots[role] = name;
        }
        this.#expect("}");
      } else if (word === "type" || word === "interface" || word === "input") {
        const name = this.#next();
        while (this.#peek() !== "{" && this.#peek() !== "@" && this.#peek() !== undefined && !this.#startsDefinition())
          this.#next();
        this.#directives();
        const type = types.get(name) ?? { kind: word === "input" ? "input" : "object", help, fields: [], values: [] };
        if (this.#peek() === "{") type.fields.push(...this.#fields());
        types.set(name, type);
      } else if (word === "enum") {
        const name = this.#next();
        this.#directives();
        const type: GraphQlType = { kind: "enum", help, fields: [], values: [] };
        if (this.#peek() === "{") {
          this.#next();
          while (this.#peek() !== "}" && this.#peek() !== undefined) {
            this.#text();
            type.values.push(this.#next());
            this.#directives();
          }
          this.#expect("}");
        }
        types.set(name, type);
      } else if (word === "union") {
        const name = this.#next();
        this.#directives();
        const members: string[] = [];
        while (this.#peek() === "=" || this.#peek() === "|") {
          this.#next();
          if (this.#peek() === "|") this.#next();
          members.push(this.#next());
        }
        types.set(name, { kind: "union", help, fields: [], values: [], members });
      } else if (word === "scalar") {
        types.set(this.#next(), { kind: "scalar", help, fields: [], values: [] });
        this.#directives();
      } else if (word === "directive") {
        this.#next();
        this.#next();
        if (this.#peek() === "(") this.#skip("(", ")");
        while (this.#peek() !== undefined && !this.#startsDefinition() && this.#tokens[this.#at]?.kind !== "text")
          this.#next();
      }
    }
    return { types, ...roots };
  }

  #fields(): GraphQlType["fields"] {
    const fields: GraphQlType["fields"] = [];
    this.#expect("{");
    while (this.#peek() !== "}" && this.#peek() !== undefined) {
      const help = this.#text();
      const name = this.#next();
      const args: GraphQlType["fields"] = [];
      if (this.#peek() === "(") {
        this.#next();
        while (this.#peek() !== ")" && this.#peek() !== undefined) args.push(this.#argument());
        this.#expect(")");
      }
      this.#expect(":");
      const type = this.#type();
      this.#default();
      const deprecated = this.#directives().includes("deprecated");
      fields.push({ name, type, help, args, deprecated });
    }
    this.#expect("}");
    return fields;
  }

  #argument(): GraphQlType["fields"][number] {
    const help = this.#text();
    const name = this.#next();
    this.#expect(":");
    const whole = this.#type();
    // What has a default need not be given, however it is typed.
    const type = this.#default() ? whole.replace(/!$/, "") : whole;
    this.#directives();
    return { name, type, help, args: [], deprecated: false };
  }

  #type(): string {
    let type: string;
    if (this.#peek() === "[") {
      this.#next();
      type = `[${this.#type()}]`;
      this.#expect("]");
    } else type = this.#next();
    if (this.#peek() === "!") {
      this.#next();
      type += "!";
    }
    return type;
  }

  #default(): boolean {
    if (this.#peek() !== "=") return false;
    this.#next();
    if (this.#peek() === "{") this.#skip("{", "}");
    else if (this.#peek() === "[") this.#skip("[", "]");
    else this.#next();
    return true;
  }

  #directives(): string[] {
    const names: string[] = [];
    while (this.#peek() === "@") {
      this.#next();
      names.push(this.#next());
      if (this.#peek() === "(") this.#skip("(", ")");
    }
    return names;
  }

  #skip(open: string, close: string): void {
    let depth = 0;
    do {
      const token = this.#next();
      if (token === open) depth += 1;
      else if (token === close) depth -= 1;
    } while (depth > 0 && this.#peek() !== undefined);
  }

  #startsDefinition(): boolean {
    return /^(?:type|interface|input|enum|union|scalar|schema|directive|extend)$/.test(this.#peek() ?? "");
  }

  #text(): string {
    const token = this.#tokens[this.#at];
    if (token?.kind !== "text") return "";
    this.#at += 1;
    return token.value;
  }

  #peek(): string | undefined {
    const token = this.#tokens[this.#at];
    return token?.kind === "text" ? '"' : token?.value;
  }

  #next(): string {
    const token = this.#tokens[this.#at];
    this.#at += 1;
    return token?.value ?? "";
  }

  #expect(mark: string): void {
    if (this.#peek() === mark) this.#at += 1;
  }
}
