/** The connection of a live page. A report has none. */
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { EVENTS_PATH, isPageData, LIVE_EVENTS, type PageData } from '../page-data.js';
import { utc } from '../view/time-window.js';

export type Standing =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live'; readonly atMs: number }
  | { readonly kind: 'lost' }
  | { readonly kind: 'trouble'; readonly message: string }
  | { readonly kind: 'over'; readonly message: string };

const isLive = (data: PageData): boolean => data.view === 'jobs' || data.live;

/** Returns the newest data, and the standing of the connection when there is one. The browser connects again by itself. */
export function useLive(first: PageData): { readonly data: PageData; readonly standing: Standing | undefined } {
  const [data, setData] = useState(first);
  const [standing, setStanding] = useState<Standing>({ kind: 'connecting' });
  useEffect(() => {
    if (!isLive(first)) return undefined;
    const source = new EventSource(EVENTS_PATH);
    source.addEventListener(LIVE_EVENTS.data, ({ data: text }: MessageEvent<string>) => {
      const next: unknown = JSON.parse(text);
      if (!isPageData(next)) return;
      setData(next);
      setStanding({ kind: 'live', atMs: Date.now() });
    });
    source.addEventListener(LIVE_EVENTS.trouble, ({ data: text }: MessageEvent<string>) => {
      setStanding({ kind: 'trouble', message: text });
    });
    source.addEventListener(LIVE_EVENTS.over, ({ data: text }: MessageEvent<string>) => {
      source.close();
      setStanding({ kind: 'over', message: text });
    });
    source.addEventListener('error', () => setStanding({ kind: 'lost' }));
    return () => source.close();
  }, []);
  return { data, standing: isLive(first) ? standing : undefined };
}

export function LiveLine({ standing }: { readonly standing: Standing }): VNode {
  return (
    <span class={`live live-${standing.kind}`} role="status">
      <i aria-hidden="true" />
      {textOf(standing)}
    </span>
  );
}

function textOf(standing: Standing): string {
  switch (standing.kind) {
    case 'connecting':
      return 'connecting';
    case 'live':
      return `live, read ${utc(standing.atMs)}`;
    case 'lost':
      return 'The command that serves this page does not answer. This is its last state.';
    case 'trouble':
    case 'over':
      return standing.message;
  }
}
