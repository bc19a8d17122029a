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

/** An id that may stand in a page and after `#`; what a document calls itself could hold anything. */
export const getAnchor = (name: string): string => {
  const plain = name.replaceAll(/[^A-Za-z0-9._-]+/gu, '-')
  return /^[A-Za-z]/u.test(plain) ? plain : `a-${plain}`
}
