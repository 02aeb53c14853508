import { Component, useEffect, useState, type ComponentType, type ReactNode } from "react";

/**
 * A part of the page whose code comes when it is first drawn; `standIn` is drawn meanwhile. Not React's `lazy`: what stands in
 * for that stays for at least 300 ms, however soon the code is here.
 */
export function later<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  standIn: ReactNode = <PageSkeleton />,
): ComponentType<Props> {
  let known: ComponentType<Props> | undefined;
  return function Later(props: Props) {
    const [part, setPart] = useState<{ Part?: ComponentType<Props> | undefined; fault?: unknown }>({ Part: known });
    const { Part, fault } = part;
    useEffect(() => {
      if (Part) return;
      load().then(
        (loaded) => {
          known = loaded;
          setPart({ Part: loaded });
        },
        (reason: unknown) => setPart({ fault: reason ?? new Error("a part of the page did not come") }),
      );
    }, [Part]);
    if (fault !== undefined) throw fault;
    return Part ? <Part {...props} /> : standIn;
  };
}

function PageSkeleton() {
  return (
    <div className="sheet" aria-busy="true" aria-label="Loading">
      <div className="skeleton line" />
      <div className="skeleton" />
      <div className="skeleton" />
    </div>
  );
}

/** Says what to do when a page did not come or could not be drawn. */
export class Boundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <div className="sheet">
        <h1>This page did not come whole</h1>
        <p>A part of it could not be loaded or drawn. Nothing you did is lost.</p>
        <button type="button" className="button" onClick={() => location.reload()}>
          Load it again
        </button>
      </div>
    );
  }
}
