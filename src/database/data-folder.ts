export function lockFolder(_folder: string): { release(): void } {
  return { release: () => undefined };
}
