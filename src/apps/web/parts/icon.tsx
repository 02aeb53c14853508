const paths = {
  activity: "M3 12h4l3 8 4-16 3 8h4",
  arrowDown: "M12 5v14m-6-6 6 6 6-6",
  arrowUp: "M12 19V5m-6 6 6-6 6 6",
  bell: "M6.5 16.5V11a5.5 5.5 0 0 1 11 0v5.5l1.5 2H5zM10.5 20.5h3",
  book: "M5 4.5h10.5A2.5 2.5 0 0 1 18 7v12.5H7A2 2 0 0 1 5 17.5zm0 13a2 2 0 0 1 2-2h11",
  chart: "M4 20V4m0 16h16M8.5 16v-4m4 4V8m4 8v-6",
  chat: "M5 5h14v10.5H11L6.5 19.5v-4H5z",
  check: "m5 12.5 4.5 4.5L19 7.5",
  chevron: "m9 6 6 6-6 6",
  clip: "m19 11-7.6 7.6a4.2 4.2 0 0 1-6-6L13 5a2.8 2.8 0 0 1 4 4l-7.6 7.6a1.4 1.4 0 0 1-2-2L14.5 7.5",
  close: "m6 6 12 12M18 6 6 18",
  copy: "M9 9h10v11H9zM15 9V4.5H5V15.5h4",
  dots: "M4.8 12a.7.7 0 1 0 1.4 0 .7.7 0 1 0-1.400 0m6.500 0a.7.7 0 1 0 1.400 0 .7.7 0 1 0-1.400 0m6.500 0a.7.7 0 1 0 1.400 0 .7.7 0 1 0-1.400 0",
  download: "M12 4v11m-5-5 5 5 5-5M5 19.5h14",
  edit: "M4.5 19.5h4L19 9l-4-4L4.5 15.5z",
  file: "M7 3.5h7l4 4v13H7zM14 3.5v4h4",
  key: "M3.5 15.5a4 4 0 1 0 8 0 4 4 0 1 0-8 0zM10.400 12.600 19 4m-3.500 3.500L18.500 10.500m-6-0 2 2",
  link: "M10 14a4 4 0 0 0 6 .4l2.5-2.5a4 4 0 0 0-5.700-5.700L11.5 7.5M14 10a4 4 0 0 0-6-.4l-2.5 2.5a4 4 0 0 0 5.700 5.700L12.5 16.5",
  menu: "M4 7h16M4 12h16M4 17h16",
  outside: "M8 5h11v11M19 5 6 18",
  plug: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zm0 5.5a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
  plus: "M12 5v14M5 12h14",
  search: "M10.5 4.5a6 6 0 1 0 0 12 6 6 0 0 0 0-12zm4.400 10.400L20 20",
  sliders: "M4 8h9m5 0h2M4 16h2m5 0h9M15.5 5.5v5m-7 3v5",
  stop: "M7 7h10v10H7z",
  trash: "M5 7h14M10 7V4.5h4V7m-7.5 0 1 12.5h9L17.5 7",
} as const;

export type IconName = keyof typeof paths;

/** A small drawing beside a word; where it stands alone its button carries the word. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
