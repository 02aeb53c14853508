import { faultInWords } from "../../../contract/fault.ts";
import type { Health } from "../../../contract/procedures/activity.ts";
import type { IntegrationSummary } from "../../../contract/procedures/shapes.ts";
import { api } from "../api.ts";
import { FaultNote } from "../parts/fault-note.tsx";
import { duration, When } from "../parts/when.tsx";
import { Link } from "../rail.tsx";
import { addressOf } from "../router.ts";
import { useData } from "../use-data.ts";
import { plain } from "./plain.ts";

/** How its calls went in the last two weeks: how many, how many failed, how long they took, and the newest one by one. */
export function HealthPart({ one }: { one: IntegrationSummary }) {
  const { slug, name } = one;
  const health = useData(() => api.integrations.health({ slug }), `health ${slug}`);
  const { data } = health;
  if (!data) {
    return (
      <>
        <FaultNote fault={health.fault} onRetry={() => void health.reload()} />
        {!health.fault && <div className="skeleton tall" aria-busy="true" />}
      </>
    );
  }
  if (data.calls === 0 && data.last.length === 0) {
    return (
      <div className="empty">
        <p>
          <strong>No call yet.</strong> As soon as {name} is used, how often it answers and how fast stands here.
        </p>
        <Link to="/" className="button quiet">
          Use it in the chat
        </Link>
      </div>
    );
  }
  return (
    <section aria-label="Health">
      <dl className="figures">
        <Figure title={`Calls in ${data.days} days`} value={data.calls.toLocaleString("en")} />
        <Figure
          title="Failed"
          value={`${(data.errorRate * 100).toLocaleString("en", { maximumFractionDigits: 1 })} %`}
          note={data.failures === 0 ? "none" : `${data.failures} of them`}
        />
        <Figure title="Half are faster than" value={data.p50Ms === null ? "–" : duration(data.p50Ms)} />
        <Figure title="19 of 20 are faster than" value={data.p95Ms === null ? "–" : duration(data.p95Ms)} />
      </dl>
      <div className="charts">
        <CallsChart series={data.series} />
        <LatencyChart series={data.series} />
      </div>
      {data.lastFailure && (
        <p className="soft">
          Last failure: <code>{data.lastFailure.operation ?? "a request in no list"}</code>,{" "}
          {data.lastFailure.status === null ? "no answer" : `status ${data.lastFailure.status}`},{" "}
          <When at={data.lastFailure.at} />.
        </p>
      )}
      {data.faults.length > 0 && <Faults slug={slug} name={name} faults={data.faults} />}
      <h2>Last calls</h2>
      <LastCalls calls={data.last} />
    </section>
  );
}

function Figure({ title, value, note }: { title: string; value: string; note?: string }) {
  return (
    <div>
      <dt>{title}</dt>
      <dd className="number">
        {value}
        {note && <span className="soft small"> {note}</span>}
      </dd>
    </div>
  );
}

type Series = Health["series"];
const [width, height] = [560, 120];

/** A bar a day; what failed of it stands at its foot, hatched as well as red. */
function CallsChart({ series }: { series: Series }) {
  const most = Math.max(1, ...series.map((day) => day.calls));
  const step = width / series.length;
  const tall = (calls: number) => (calls === 0 ? 0 : Math.max(2, (calls / most) * (height - 6)));
  return (
    <figure className="day-chart">
      <figcaption>
        Calls a day <span className="soft small number">most: {most}</span>
      </figcaption>
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={callsInWords(series)} preserveAspectRatio="none">
        <defs>
          <pattern id="hatch" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <rect className="chart-failed" width="4" height="4" />
            <rect className="chart-gap" width="1.2" height="4" />
          </pattern>
        </defs>
        <line className="chart-axis" x1="0" x2={width} y1={height - 0.5} y2={height - 0.5} />
        {series.map((day, index) => (
          <g key={day.day}>
            <title>{`${dayName(day.day)}: ${day.calls} calls, ${day.failures} failed`}</title>
            <rect className="chart-hit" x={index * step} y="0" width={step} height={height} />
            <rect
              className="chart-bar"
              x={index * step + step * 0.15}
              y={height - tall(day.calls)}
              width={step * 0.7}
              height={tall(day.calls)}
            />
            <rect
              fill="url(#hatch)"
              x={index * step + step * 0.15}
              y={height - tall(day.failures)}
              width={step * 0.7}
              height={tall(day.failures)}
            />
          </g>
        ))}
      </svg>
      <Ends series={series} />
    </figure>
  );
}

/** From the median to the slowest twentieth, day by day. */
function LatencyChart({ series }: { series: Series }) {
  const most = Math.max(1, ...series.map((day) => day.p95Ms ?? 0));
  const step = width / series.length;
  const y = (ms: number) => height - 4 - (ms / most) * (height - 12);
  return (
    <figure className="day-chart">
      <figcaption>
        Time to answer <span className="soft small number">up to {duration(most)}</span>
      </figcaption>
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={latencyInWords(series)} preserveAspectRatio="none">
        <line className="chart-axis" x1="0" x2={width} y1={height - 0.5} y2={height - 0.5} />
        {series.map((day, index) => {
          if (day.p50Ms === null || day.p95Ms === null) return null;
          const [x, wide] = [index * step + step * 0.3, step * 0.4];
          return (
            <g key={day.day}>
              <title>{`${dayName(day.day)}: half within ${duration(day.p50Ms)}, 19 of 20 within ${duration(day.p95Ms)}`}</title>
              <rect className="chart-hit" x={index * step} y="0" width={step} height={height} />
              <rect
                className="chart-range"
                x={x}
                y={y(day.p95Ms)}
                width={wide}
                height={Math.max(2, y(day.p50Ms) - y(day.p95Ms))}
              />
              <rect className="chart-bar" x={x - wide * 0.25} y={y(day.p50Ms) - 1.5} width={wide * 1.5} height="3" />
            </g>
          );
        })}
      </svg>
      <Ends series={series} />
    </figure>
  );
}

function Ends({ series }: { series: Series }) {
  const [first, last] = [series[0], series.at(-1)];
  return (
    <p className="chart-ends soft small" aria-hidden="true">
      <span>{first && dayName(first.day)}</span>
      <span>{last && "today"}</span>
    </p>
  );
}

/** What fails as if the service had changed, and the way to mend it. */
function Faults({ slug, name, faults }: { slug: string; name: string; faults: Health["faults"] }) {
  return (
    <>
      <h2>Maybe changed at {name}</h2>
      <ul>
        {faults.map((fault) => (
          <li key={`${fault.operation} ${fault.kind} ${fault.detail}`}>
            <code>{plain(fault.operation)}</code>: {plain(faultInWords(fault))}.{" "}
            <span className="soft small">
              {fault.count === 1 ? "Once" : `${fault.count.toLocaleString("en")} times`},{" "}
              {fault.people === 1 ? "one person" : `${fault.people} people`}, last <When at={fault.lastAt} />
            </span>
          </li>
        ))}
      </ul>
      <p>
        <Link to={addressOf.integration(slug, "versions")} className="button quiet">
          Look for a newer version
        </Link>
      </p>
      <p className="soft small">
        Where the service has a newer document, that mends it; else ask for it in the chat. What would change is shown
        before it is used.
      </p>
    </>
  );
}

function LastCalls({ calls }: { calls: Health["last"] }) {
  return (
    <div className="table-frame" tabIndex={0} role="region" aria-label="Last calls">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Operation</th>
            <th scope="col">Request</th>
            <th scope="col">Account</th>
            <th scope="col">Outcome</th>
            <th scope="col" className="number">
              Time
            </th>
          </tr>
        </thead>
        <tbody>
          {calls.map((call, index) => (
            <tr key={index}>
              <td className="nowrap">
                <When at={call.at} />
              </td>
              <td>
                <span className={`chip ${call.access}`}>{call.access}</span> {call.operation ?? "in no list"}
              </td>
              <td>
                <code>
                  {call.method} {call.path}
                </code>
              </td>
              <td>
                <bdi>{call.account ?? "a former account"}</bdi>
              </td>
              <td className="nowrap">
                <span data-outcome={call.outcome}>{outcomeWords[call.outcome]}</span>
                {call.status !== null && <span className="soft number"> {call.status}</span>}
              </td>
              <td className="number">{call.ms === null ? "–" : duration(call.ms)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export const outcomeWords = {
  ok: "Answered",
  refused: "Refused",
  failed: "Failed",
  unknown: "Answer not seen",
} as const;

function dayName(day: string): string {
  return new Date(`${day}T12:00:00Z`).toLocaleDateString("en", { day: "numeric", month: "short" });
}

function callsInWords(series: Series): string {
  const busy = series.filter((day) => day.calls > 0);
  return `Calls a day. ${busy.map((day) => `${dayName(day.day)}: ${day.calls}${day.failures ? `, ${day.failures} failed` : ""}`).join("; ")}`;
}

function latencyInWords(series: Series): string {
  const days = series.flatMap((day) =>
    day.p50Ms === null || day.p95Ms === null
      ? []
      : [`${dayName(day.day)}: half within ${duration(day.p50Ms)}, 19 of 20 within ${duration(day.p95Ms)}`],
  );
  return `Time to answer. ${days.join("; ")}`;
}
