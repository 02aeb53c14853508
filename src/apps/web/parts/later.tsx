import { Component, Suspense, type ReactNode } from "react";

/** A part of the page that comes when it is needed: what stands there meanwhile, and what to do when it does not come. */
export function Later({ children }: { children: ReactNode }) {
  return (
    <Boundary>
      <Suspense fallback={<PageSkeleton />}>{children}</Suspense>
    </Boundary>
  );
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

class Boundary extends Component<{ children: ReactNode }, { failed: boolean }> {
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
