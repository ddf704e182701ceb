/** The look of the HTML report. The colours of both schemes have a contrast of at least 4.5 to their ground. */
export const REPORT_STYLE = `
:root { color-scheme: light dark; --ground: #fff; --text: #1b1f24; --soft: #57606a; --line: #d0d7de; --code: #f6f8fa;
  --error: #b3261e; --warning: #8a5300; --info: #0b57a4; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #14171c; --text: #e6e9ee; --soft: #a3abb6; --line: #363c46; --code: #1e232b;
    --error: #ff8a80; --warning: #f0b35a; --info: #7db7ff; }
}
body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.5rem; margin: 0; overflow-wrap: anywhere; }
header p, section > p, small { color: var(--soft); }
.counts { display: flex; flex-wrap: wrap; gap: 0.5rem 1.5rem; padding: 0; list-style: none; }
.error { --tone: var(--error); } .warning { --tone: var(--warning); } .info { --tone: var(--info); }
.counts b { color: var(--tone, inherit); font-size: 1.25rem; }
section { border-left: 4px solid var(--tone); padding: 0 0 0.5rem 1rem; margin: 2rem 0; }
h2 { font-size: 1.1rem; margin: 0; }
h2 span { color: var(--tone); text-transform: uppercase; font-size: 0.8em; }
dt { font-weight: 600; margin-top: 0.75rem; overflow-wrap: anywhere; }
dd { margin: 0; overflow-wrap: anywhere; }
pre { background: var(--code); border: 1px solid var(--line); border-radius: 6px; padding: 0.5rem 0.75rem; margin: 0.25rem 0 0;
  white-space: pre-wrap; overflow-wrap: anywhere; font: 0.85rem/1.45 ui-monospace, monospace; }
details { margin-top: 1.5rem; } summary { cursor: pointer; }
`
