/** The kind of image these bytes are, by how they begin: the service's own word for it is not asked. */
export function imageType(bytes: Uint8Array): string | undefined {
  return starts.find(({ at, text }) => latin(bytes, at, text.length) === text)?.type;
}

/** True when the image would unpack to more than an icon needs: a small file can hold a very large picture. */
export function isTooManyPixels(bytes: Uint8Array, type: string): boolean {
  const size = sizeOf(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), type);
  return size !== undefined && (size.width > mostPixels || size.height > mostPixels);
}

const mostPixels = 2048;

const starts = [
  { type: "image/png", at: 0, text: "\x89PNG\r\n\x1a\n" },
  { type: "image/jpeg", at: 0, text: "\xff\xd8\xff" },
  { type: "image/gif", at: 0, text: "GIF8" },
  { type: "image/webp", at: 8, text: "WEBPVP8" },
  { type: "image/x-icon", at: 0, text: "\x00\x00\x01\x00" },
];

/** JPEG and ICO say it in many places, and cannot be squeezed that small. */
function sizeOf(data: DataView, type: string): { width: number; height: number } | undefined {
  const tooLarge = { width: Infinity, height: Infinity };
  if (data.byteLength < 30) return tooLarge;
  if (type === "image/png") return { width: data.getUint32(16), height: data.getUint32(20) };
  if (type === "image/gif") return { width: data.getUint16(6, true), height: data.getUint16(8, true) };
  if (type !== "image/webp") return undefined;
  const kind = String.fromCharCode(data.getUint8(15));
  if (kind === "L") {
    const bits = data.getUint32(21, true);
    return { width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1 };
  }
  if (kind === "X") {
    const uint24 = (at: number) => data.getUint16(at, true) + data.getUint8(at + 2) * 65_536;
    return { width: uint24(24) + 1, height: uint24(27) + 1 };
  }
  return { width: data.getUint16(26, true) & 0x3fff, height: data.getUint16(28, true) & 0x3fff };
}

function latin(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}
