/**
 * An SVG written anew from the shapes and colours in it. Nothing is passed through: scripts, styles, links, foreign content,
 * events, entities, and every address but one inside the picture are not among what is written. Undefined where the text is
 * no SVG or is not plain enough to be sure of.
 */
export function cleanSvg(text: string): string | undefined {
  const source = text.replace(/^\ufeff/, "").trimStart();
  let at = 0;
  let out = "";
  let isWhole = false;
  const open: string[] = [];
  let dropped = 0; // how many elements deep we are in one that is left out

  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(source);
    if (found) at = pattern.lastIndex;
    return found;
  };

  while (at < source.length) {
    if (take(/[^<]+/y)) continue; // words are no part of a picture
    if (isWhole && source.startsWith("<", at) && !source.startsWith("<!--", at)) return undefined;
    if (source.startsWith("<!--", at)) {
      const end = source.indexOf("-->", at + 4);
      if (end === -1) return undefined;
      at = end + 3;
      continue;
    }
    if (take(/<\?[^<>]*\?>/y)) continue;
    // A doctype may define entities, which is a language of its own: only the bare one is passed over.
    if (take(/<!DOCTYPE[^<>[\]]*>/iy)) continue;
    if (source.startsWith("<![CDATA[", at) && dropped > 0) {
      const end = source.indexOf("]]>", at);
      if (end === -1) return undefined;
      at = end + 3;
      continue;
    }

    const closing = take(/<\/([A-Za-z][\w:.-]*)\s*>/y);
    if (closing) {
      const name = nameOf(closing[1]);
      if (open.pop() !== name) return undefined;
      if (dropped > 0) dropped--;
      else out += `</${name}>`;
      isWhole = open.length === 0;
      continue;
    }

    const name = nameOf(take(/<([A-Za-z][\w:.-]*)/y)?.[1]);
    if (name === undefined || (open.length === 0 && name !== "svg")) return undefined;
    const given = readAttributes(take);
    const end = take(/\s*(\/?)>/y);
    if (!end || open.length > 50) return undefined;
    const isEmpty = end[1] === "/";
    const isKept = dropped === 0 && elements.has(name);
    if (isKept) {
      const root = open.length === 0 ? ' xmlns="http://www.w3.org/2000/svg"' : "";
      out += `<${name}${root}${written(given)}${isEmpty ? "/" : ""}>`;
    }
    if (isEmpty) {
      isWhole = open.length === 0;
    } else {
      open.push(name);
      if (!isKept) dropped++;
    }
  }
  return isWhole ? out : undefined;
}

function readAttributes(take: (pattern: RegExp) => RegExpExecArray | null): [string, string][] {
  const given: [string, string][] = [];
  for (;;) {
    const found = take(/\s+([A-Za-z_][\w:.-]*)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y);
    if (!found) return given;
    const [name = "", value = ""] = [found[1], found[2] ?? found[3]];
    // Some programs write colours as a style: the same, said in another way.
    if (name === "style") given.push(...value.split(";").map((one): [string, string] => splitOnce(one)));
    else given.push([name, value]);
  }
}

function splitOnce(declaration: string): [string, string] {
  const [name = "", ...rest] = declaration.split(":");
  return [name.trim(), rest.join(":").trim()];
}

function written(given: [string, string][]): string {
  const kept = new Map(given.filter(([name, value]) => attributes.has(name) && isPlain(value)));
  return [...kept].map(([name, value]) => ` ${name}="${value}"`).join("");
}

/** Numbers, names and colours; an address only of a part of the picture itself. */
function isPlain(value: string): boolean {
  if (/^url\(#[\w-]+\)$/.test(value)) return true;
  return /^[\w\s.,#%()+-]*$/.test(value) && !/url|expression|image|var\(/i.test(value);
}

function nameOf(name: string | undefined): string | undefined {
  return name?.replace(/^svg:/, "");
}

const elements = new Set(
  "svg g path circle ellipse rect line polyline polygon defs linearGradient radialGradient stop clipPath mask".split(
    " ",
  ),
);

const attributes = new Set(
  (
    "id d points x y x1 y1 x2 y2 cx cy r rx ry fx fy width height viewBox preserveAspectRatio transform offset opacity " +
    "fill fill-rule fill-opacity clip-rule clip-path mask stroke stroke-width stroke-linecap stroke-linejoin stroke-opacity " +
    "stroke-dasharray stroke-dashoffset stroke-miterlimit stop-color stop-opacity gradientUnits gradientTransform " +
    "spreadMethod clipPathUnits maskUnits maskContentUnits"
  ).split(" "),
);
