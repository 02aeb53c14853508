import { z } from "zod";
import type { OAuth2 } from "../../contract/auth-method.ts";

/** A token answer in the words of RFC 6749 §5.1 or §5.2, and everything else the service said. */
export type PlainAnswer = {
  status: number;
  body: Record<string, unknown>;
  /** The whole answer: metadata is taken from it by path. It holds tokens, so it must not be kept or logged. */
  whole: unknown;
};

/**
 * Reads the answer of a token endpoint, whatever its habits: JSON or form-encoded, nested, in an envelope, renamed, with the
 * error inside a 200, lifetimes as text or in milliseconds, no `token_type`.
 *
 * @returns undefined when it is neither: a page of HTML, an empty body.
 */
export function readTokenAnswer(method: OAuth2, status: number, text: string): PlainAnswer | undefined {
  const whole = parse(text);
  if (whole === undefined) return undefined;
  const found = method.tokenPath === undefined ? undefined : at(whole, method.tokenPath);
  const outer = whole as Record<string, unknown>;
  const inner = isObject(found) ? found : outer;

  const refused = refusalOf(method, outer) ?? (inner === outer ? undefined : refusalOf(method, inner));
  if (refused) return { status: status >= 400 ? status : 400, body: refused, whole };

  const take = (name: string) => {
    const path = method.renameAnswer?.[name];
    return path === undefined ? inner[name] : (at(inner, path) ?? at(whole, path));
  };
  const accessToken = filled(take("access_token"));
  if (status >= 400)
    return { status, body: refusal(`status_${status}`, outer["message"] ?? outer["error_description"]), whole };
  if (accessToken === undefined) return undefined;

  const body: Record<string, unknown> = { access_token: accessToken, token_type: "bearer" };
  const lifetime = seconds(take("expires_in"), method.expiresInUnit);
  if (lifetime !== undefined) body["expires_in"] = lifetime;
  const refreshToken = filled(take("refresh_token"));
  if (refreshToken !== undefined) body["refresh_token"] = refreshToken;
  const scope = take("scope") ?? take("scopes");
  if (typeof scope === "string") body["scope"] = scope;
  else if (Array.isArray(scope)) body["scope"] = scope.filter((each) => typeof each === "string").join(" ");
  return { status: 200, body, whole };
}

/** What lies at a dotted path. */
export function at(value: unknown, path: string): unknown {
  if (isObject(value) && path in value) return value[path];
  return path.split(".").reduce<unknown>((inner, name) => {
    if (Array.isArray(inner)) return inner[Number(name)];
    return isObject(inner) && Object.hasOwn(inner, name) ? inner[name] : undefined;
  }, value);
}

const Body = z.record(z.string(), z.unknown());
const isObject = (value: unknown): value is Record<string, unknown> =>
  Body.safeParse(value).success && !Array.isArray(value);
const filled = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);

function parse(text: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text);
    return isObject(parsed) ? parsed : undefined;
  } catch {
    // Form-encoded, as GitHub answers when it is not asked for JSON.
    return /^[\w.%-]+=[^<>{}\s]*$/.test(text.trim()) ? Object.fromEntries(new URLSearchParams(text.trim())) : undefined;
  }
}

/** An error in the words of §5.2, wherever the service put it; undefined when this is no error. */
function refusalOf(method: OAuth2, body: Record<string, unknown>): Record<string, unknown> | undefined {
  const { envelope } = method;
  if (
    envelope &&
    at(body, envelope.codeField) !== undefined &&
    String(at(body, envelope.codeField)) !== String(envelope.success)
  ) {
    return refusal(at(body, envelope.codeField), envelope.messageField && at(body, envelope.messageField));
  }
  const error = body["error"] ?? (Array.isArray(body["errors"]) ? body["errors"][0] : undefined);
  if (typeof error === "string" && error !== "") {
    return refusal(error, body["error_description"] ?? body["message"] ?? body["error_message"]);
  }
  if (isObject(error))
    return refusal(error["code"] ?? error["type"] ?? error["status"], error["message"] ?? error["title"]);
  if (body["ok"] === false || body["success"] === false) return refusal("request_failed", body["message"]);
  if (error === true) return refusal("request_failed", body["message"] ?? body["error_description"]);
  return undefined;
}

function refusal(code: unknown, description: unknown): Record<string, unknown> {
  const error =
    String(code ?? "request_failed")
      .replace(/[^\x20-\x7e]/g, "")
      .slice(0, 100) || "request_failed";
  return typeof description === "string" ? { error, error_description: description.slice(0, 500) } : { error };
}

function seconds(value: unknown, unit: OAuth2["expiresInUnit"]): number | undefined {
  const number = typeof value === "number" ? value : typeof value === "string" ? Number.parseFloat(value) : Number.NaN;
  if (!Number.isFinite(number) || number <= 0) return undefined;
  return unit === "milliseconds" ? number / 1000 : number;
}
