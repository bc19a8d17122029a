/** Text that is safe between tags and inside quoted attributes. Control characters are shown, not sent. */
export const escapeHtml = (value: string): string =>
  value
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/gu, '\ufffd')
    .replace(/[&<>"']/gu, (char) => `&#${char.codePointAt(0) ?? 0};`)

/** HTML that was escaped already. */
export class Html {
  readonly source: string
  constructor(source: string) {
    this.source = source
  }
}

type Value = Html | string | number | null | readonly (Html | string)[]

const render = (value: Value): string => {
  if (value instanceof Html) return value.source
  if (value === null) return ''
  if (typeof value === 'object') return value.map(render).join('')
  return escapeHtml(String(value))
}

/** A template tag in which every value is text unless it was made by this tag. */
export const html = (parts: TemplateStringsArray, ...values: readonly Value[]): Html =>
  new Html(
    parts.map((part, index) => part + (index < values.length ? render(values[index] ?? null) : '')).join(''),
  )

const STYLE = `
:root{color-scheme:light dark;--line:#8884;--ok:#1a7f37;--gap:#9a6700;--bad:#c62828;--soft:#8881}
body{font:16px/1.55 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1.25rem}
h1{font-size:1.7rem;margin:0 0 .25rem}h2{font-size:1.2rem;margin:2.25rem 0 .5rem;border-bottom:1px solid var(--line);padding-bottom:.25rem}
h3{font-size:1rem;margin:1.25rem 0 .25rem}
table{border-collapse:collapse;width:100%;font-size:.93rem}th,td{text-align:left;vertical-align:top;padding:.4rem .6rem .4rem 0;border-bottom:1px solid var(--line)}
code,pre{font:13px/1.5 ui-monospace,monospace}pre{background:var(--soft);padding:.75rem;overflow:auto;border-radius:6px}
.badge{display:inline-block;padding:.1rem .55rem;border-radius:1rem;font-size:.85rem;font-weight:600;border:1px solid currentColor;white-space:nowrap}
.verified,.passed,.pass{color:var(--ok)}.gaps,.not-run,.skipped{color:var(--gap)}.unverified,.failed,.fail,.error{color:var(--bad)}
td>code{white-space:nowrap}.muted{opacity:.75}.scroll{overflow-x:auto}li{margin:.15rem 0}
`

/** A whole page that runs no script and loads nothing. */
export const page = (title: string, body: Html): string =>
  `<!doctype html>\n${
    html`<html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:"
        />
        <title>${title}</title>
        <style>
          ${new Html(STYLE)}
        </style>
      </head>
      <body>
        <main>${body}</main>
      </body>
    </html>`.source
  }\n`
