/** How long the server may say nothing while it should be answering: in a stream of events it says at least a word every 5 s. */
const silenceMs = 20_000;

/**
 * The same answer. A stream of events fails when nothing came for too long: a connection that was dropped without a word, by a
 * router or while the machine slept, would stay open for ever.
 */
export function failWhenSilent(response: Response): Response {
  if (!response.body || !response.headers.get("content-type")?.startsWith("text/event-stream")) return response;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const expectMore = (controller: TransformStreamDefaultController) => {
    clearTimeout(timer);
    timer = setTimeout(() => controller.error(new Error("the connection went silent")), silenceMs);
  };
  const heard = new TransformStream({
    start: expectMore,
    transform(chunk, controller) {
      expectMore(controller);
      controller.enqueue(chunk);
    },
    flush: () => clearTimeout(timer),
  });
  return new Response(response.body.pipeThrough(heard), response);
}
