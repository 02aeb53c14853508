import type { RawRequest } from "../../../contract/request-line.ts";
import { readableBody } from "../../../contract/readable-body.ts";
import { api } from "../api.ts";
import { duration } from "../parts/when.tsx";
import { useData } from "../use-data.ts";
import type { ToolBlock } from "./transcript.ts";

/** The requests behind a call. What was sent and what came back is loaded when somebody looks. */
export function Requests({ call, conversationId }: { call: ToolBlock; conversationId: string }) {
  const raw = useData(() => api.conversations.requests({ id: conversationId, callId: call.key }), call.key);
  return (
    <ul className="requests">
      {call.requests.map((one, index) => (
        <li key={index}>
          <details>
            <summary>
              <span className={`chip ${one.access}`}>{one.access}</span>
              <code className="truncate">
                {one.method} {one.host}
                {one.path}
              </code>
              <span className="number">
                {one.status ?? "no answer"}
                {one.ms !== null && ` · ${duration(one.ms)}`}
              </span>
            </summary>
            {raw.problem && <p className="problem">{raw.problem}</p>}
            {raw.data?.[index] && <Raw request={raw.data[index]} />}
          </details>
        </li>
      ))}
    </ul>
  );
}

function Raw({ request }: { request: RawRequest }) {
  const { method, host, path, query, body, contentType, answer } = request;
  return (
    <div className="raw">
      <p className="label">Sent, as {request.account}; the credential was added after this</p>
      <pre tabIndex={0}>
        <code>
          {method} {host}
          {path}
          {query && `?${query}`}
          {body !== null &&
            `\n${contentType ? `content-type: ${contentType}\n` : ""}\n${readableBody(body, contentType)}`}
        </code>
      </pre>
      <p className="label">
        Came back: {request.status ?? "no answer was seen"}
        {answer && `, ${answer.bytes.toLocaleString("en")} bytes`}
      </p>
      {answer && answer.text !== "" && (
        <pre tabIndex={0}>
          <code>{readableBody(answer.text, answer.contentType)}</code>
        </pre>
      )}
    </div>
  );
}
