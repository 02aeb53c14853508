import { useEffect, useRef, useState } from "react";
import type { Chart } from "../../../contract/chat.ts";
import { DataTable } from "../parts/data-table.tsx";

/** Numbers as a picture: bars for counts, a line for a series. Its numbers can be read in a table. */
export function ChartView({ chart }: { chart: Chart }) {
  const { title, kind, labels, series, unit } = chart;
  const rows = labels.map((label, index) => [label, ...series.map(({ values }) => numberOf(values[index]))]);
  return (
    <figure className="chart card">
      <figcaption>
        {title}
        {unit && <span className="soft"> · {unit}</span>}
      </figcaption>
      {series.length > 1 && (
        <ul className="legend" aria-hidden="true">
          {series.map(({ name }, index) => (
            <li key={index} data-series={index}>
              {kind === "bar" ? (
                <span className="swatch" />
              ) : (
                <svg viewBox="0 0 28 8">
                  <path className="line" data-series={index} d="M0 4H28" />
                </svg>
              )}
              {name}
            </li>
          ))}
        </ul>
      )}
      <div role="img" aria-label={`${kind === "bar" ? "Bars" : "Line"}: ${spoken(chart)}`}>
        {kind === "bar" ? <Bars chart={chart} /> : <Lines chart={chart} />}
      </div>
      <details>
        <summary>The numbers</summary>
        <DataTable head={["", ...series.map(({ name }) => name)]} rows={rows} name={title} />
      </details>
    </figure>
  );
}

const numberOf = (value: number | null | undefined) =>
  value === null || value === undefined ? "" : value.toLocaleString("en", { maximumFractionDigits: 2 });

/** What somebody who does not see the picture is told first: its ends and its extremes. */
function spoken({ labels, series }: Chart): string {
  const first = series[0]?.values ?? [];
  const filled = first.flatMap((value, index) => (value === null ? [] : [{ value, label: labels[index] ?? "" }]));
  if (filled.length === 0) return "no values";
  const most = filled.reduce((one, other) => (other.value > one.value ? other : one));
  const least = filled.reduce((one, other) => (other.value < one.value ? other : one));
  return `${filled.length} values, most ${most.label} with ${numberOf(most.value)}, least ${least.label} with ${numberOf(least.value)}. All of them stand in the table underneath.`;
}

/** Lying bars: a name of any length has room, on a phone too. What is below zero lies to the left of it. */
function Bars({ chart: { labels, series } }: { chart: Chart }) {
  const values = series.flatMap((one) => one.values.map((value) => value ?? 0));
  const low = Math.min(0, ...values);
  // What is left beside the longest bar is for its number.
  const part = (value: number) => `${(value / (Math.max(0, ...values) - low || 1)) * 84}%`;
  return (
    <div className="bars">
      {labels.map((label, index) => (
        <div key={index} className="bar-row">
          <span className="bar-label truncate" title={label}>
            {label}
          </span>
          <span className="bar-tracks">
            {series.map((one, which) => {
              const value = one.values[index] ?? null;
              const [length, start] = [Math.abs(value ?? 0), Math.min(value ?? 0, 0) - low];
              return (
                <span key={which} className="bar-track">
                  <span className="bar" data-series={which} style={{ width: part(length), marginLeft: part(start) }} />
                  <span className="number">{numberOf(value)}</span>
                </span>
              );
            })}
          </span>
        </div>
      ))}
    </div>
  );
}

const height = 220;
const edge = { left: 44, right: 12, top: 10, bottom: 26 };

function Lines({ chart: { labels, series } }: { chart: Chart }) {
  const { box, width } = useWidth();
  const values = series.flatMap((one) => one.values.filter((value) => value !== null));
  const { low, high, steps } = scaleOf(Math.min(0, ...values), Math.max(0, ...values));
  const x = (index: number) => edge.left + (index / Math.max(1, labels.length - 1)) * (width - edge.left - edge.right);
  const y = (value: number) => edge.top + (1 - (value - low) / (high - low)) * (height - edge.top - edge.bottom);
  const apart = x(1) - x(0);
  const every = Math.max(1, Math.ceil(labels.length / Math.max(2, Math.floor(width / 90))));
  return (
    <div ref={box} className="line-chart">
      <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
        {steps.map((step) => (
          <g key={step}>
            <line className="grid" x1={edge.left} x2={width - edge.right} y1={y(step)} y2={y(step)} />
            <text x={edge.left - 8} y={y(step) + 4} textAnchor="end">
              {step.toLocaleString("en", { notation: "compact" })}
            </text>
          </g>
        ))}
        {labels.map(
          (label, index) =>
            index % every === 0 && (
              <text key={index} x={x(index)} y={height - 6} textAnchor={index === 0 ? "start" : "middle"}>
                {label.slice(0, 12)}
              </text>
            ),
        )}
        {series.map((one, which) => (
          <path key={which} className="line" data-series={which} d={pathOf(one.values, x, y)} />
        ))}
        {labels.map((label, index) => (
          <g key={index}>
            <title>
              {[label, ...series.map((one) => `${one.name}: ${numberOf(one.values[index]) || "–"}`)].join("\n")}
            </title>
            <rect className="line-hit" x={x(index) - apart / 2} y={0} width={apart} height={height} />
            <line className="line-at" x1={x(index)} x2={x(index)} y1={edge.top} y2={height - edge.bottom} />
            {series.map(({ values: own }, which) => {
              const value = own[index] ?? null;
              if (value === null) return null;
              return <circle key={which} className="line-dot" data-series={which} cx={x(index)} cy={y(value)} r="4" />;
            })}
          </g>
        ))}
      </svg>
    </div>
  );
}

/** A gap where a value is missing; a value without neighbours is a short dash. */
function pathOf(values: (number | null)[], x: (index: number) => number, y: (value: number) => number): string {
  let isDrawing = false;
  return values
    .map((value, index) => {
      if (value === null) {
        isDrawing = false;
        return "";
      }
      const isAlone = !isDrawing && (values[index + 1] ?? null) === null;
      const part = `${isDrawing ? "L" : "M"}${(x(index) - (isAlone ? 2 : 0)).toFixed(1)} ${y(value).toFixed(1)}`;
      isDrawing = true;
      return isAlone ? `${part}h4` : part;
    })
    .join("");
}

/** Round steps between the lowest and the highest value. */
export function scaleOf(lowest: number, highest: number): { low: number; high: number; steps: number[] } {
  const span = highest - lowest || 1;
  const raw = span / 4;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 2.5, 5, 10].find((one) => one * power >= raw) ?? 10) * power;
  const low = Math.floor(lowest / step) * step;
  const high = Math.max(Math.ceil(highest / step) * step, low + step);
  const count = Math.round((high - low) / step);
  return {
    low,
    high,
    steps: Array.from({ length: count + 1 }, (_, index) => Number((low + index * step).toPrecision(12))),
  };
}

function useWidth() {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(600);
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(() => setWidth(Math.max(200, Math.floor(element.clientWidth))));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { box, width };
}
