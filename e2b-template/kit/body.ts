import type { Body, Encoding } from "./definition.ts";
import { isObject, queryPairs, text } from "./serialize.ts";
import { Upload } from "./upload.ts";
import { toXml } from "./xml.ts";

export type WireBody = { contentType: string; data: string | Uint8Array };

/** Writes a body in one of the media types of the operation. `files` names the fields whose text is a file's content. */
export function writeBody(
  value: unknown,
  mediaType: string,
  body: Body = {},
  files: Set<string> = new Set(),
): WireBody {
  const type = mediaType.split(";")[0]?.trim().toLowerCase() ?? "";
  if (/(?:^|[/+])json$/.test(type))
    return { contentType: mediaType, data: value instanceof Upload ? value.bytes : JSON.stringify(value) };
  if (type === "application/x-www-form-urlencoded") return { contentType: mediaType, data: formText(value, body) };
  if (type.startsWith("multipart/")) return multipart(value, mediaType, body, files);
  if (value instanceof Upload) return { contentType: exact(mediaType, "application/octet-stream"), data: value.bytes };
  if (typeof value === "string") return { contentType: exact(mediaType, "application/octet-stream"), data: value };
  if (/[/+]xml$/.test(type)) return { contentType: mediaType, data: toXml(value, body.xml) };
  if (/(?:ndjson|jsonl|json-seq|jsonlines)$/.test(type) && Array.isArray(value)) {
    return { contentType: mediaType, data: value.map((one) => `${JSON.stringify(one)}\n`).join("") };
  }
  return { contentType: exact(mediaType, "application/json"), data: text(value) };
}

/** A range such as `image/*` or `*` + `/*` is no type to send. */
function exact(mediaType: string, otherwise: string): string {
  return mediaType.includes("*") ? otherwise : mediaType;
}

function formText(value: unknown, body: Body): string {
  if (value instanceof Upload) return new TextDecoder().decode(value.bytes);
  if (!isObject(value)) return text(value);
  return Object.entries(value)
    .flatMap(([field, one]) => queryPairs(field, plain(one, body.encoding?.[field]), body.encoding?.[field]))
    .join("&");
}

/** Where the document is silent, an object in a form is written as JSON (OAS 3.0 "Support for x-www-form-urlencoded"). */
function plain(value: unknown, encoding?: Encoding): unknown {
  if (encoding?.style !== undefined) return value;
  if (isObject(value) || (Array.isArray(value) && value.some((one) => typeof one === "object" && one !== null)))
    return JSON.stringify(value);
  return value;
}

function multipart(value: unknown, mediaType: string, body: Body, files: Set<string>): WireBody {
  if (value instanceof Upload) return multipart({ file: value }, mediaType, body, files);
  const boundary = `----patchbay${crypto.randomUUID().replaceAll("-", "")}`;
  const encoder = new TextEncoder();
  const pieces: Uint8Array[] = [];
  for (const [name, one] of Object.entries(isObject(value) ? value : { value })) {
    const encoding = body.encoding?.[name];
    // A list is one part for each member, all of one name (OAS 3.1 "Encoding multipart Media Types").
    for (const member of Array.isArray(one) ? one : [one]) {
      const part = partOf(name, member, encoding, files.has(name));
      pieces.push(encoder.encode(`--${boundary}\r\n${part.head}\r\n\r\n`), part.data, encoder.encode("\r\n"));
    }
  }
  pieces.push(encoder.encode(`--${boundary}--\r\n`));
  const data = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  pieces.reduce((at, piece) => (data.set(piece, at), at + piece.length), 0);
  return { contentType: `${mediaType.replace(/;\s*boundary=[^;]*/i, "")}; boundary=${boundary}`, data };
}

function partOf(
  name: string,
  value: unknown,
  encoding: Encoding | undefined,
  isFile: boolean,
): { head: string; data: Uint8Array } {
  const lines = [`Content-Disposition: form-data; name="${quoted(name)}"`];
  let type = encoding?.contentType?.split(",")[0]?.trim();
  if (type?.includes("*")) type = undefined;
  let data: Uint8Array;
  if (value instanceof Upload || isFile) {
    const file = value instanceof Upload ? value : new Upload(new TextEncoder().encode(text(value)), name);
    lines[0] += `; filename="${quoted(file.filename)}"`;
    type ??= typeOfFile(file.filename);
    data = file.bytes;
  } else {
    if (typeof value === "object" && value !== null) type ??= "application/json";
    data = new TextEncoder().encode(type && /json/.test(type) ? JSON.stringify(value) : text(value));
  }
  if (type) lines.push(`Content-Type: ${type}`);
  for (const [header, one] of Object.entries(encoding?.headers ?? {})) lines.push(`${header}: ${one}`);
  return { head: lines.join("\r\n"), data };
}

/** As browsers write names (WHATWG "multipart/form-data encoding algorithm"). */
function quoted(name: string): string {
  return name.replace(/[\r\n"]/g, (letter) => (letter === '"' ? "%22" : letter === "\r" ? "%0D" : "%0A"));
}

function typeOfFile(filename: string): string {
  return types[filename.toLowerCase().split(".").pop() ?? ""] ?? "application/octet-stream";
}

const types: Record<string, string> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  svg: "image/svg+xml",
  pdf: "application/pdf",
  json: "application/json",
  csv: "text/csv",
  txt: "text/plain",
  html: "text/html",
  xml: "application/xml",
  zip: "application/zip",
  mp3: "audio/mpeg",
  wav: "audio/wav",
  mp4: "video/mp4",
};
