import { getAnchor, type Html, html } from './html.ts'
import type { Line, Section, Shot, Span, View } from './view.ts'

/**
 * Where things of the dossier are, seen from the page that is written: the address of a file or null where
 * the page cannot lead there, and of a picture.
 */
export type Places = {
  readonly getHref: (target: string) => string | null
  readonly getPicture: (file: string) => string | null
  /** Put before every anchor, where several documents share one page. */
  readonly prefix: string
}

const renderSpan = (span: Span, places: Places): Html => {
  if (typeof span === 'string') return html`${span}`
  switch (span.type) {
    case 'code':
      return html`<code>${span.text}</code>`
    case 'quiet':
      return html`<span class="quiet">${span.text}</span>`
    case 'strong':
      return html`<strong>${span.text}</strong>`
    case 'badge':
      return html`<span class="badge ${span.tone}">${span.text}</span>`
    case 'link': {
      const href = places.getHref(span.to)
      const more = span.hidden === undefined ? null : html`<span class="away">${span.hidden}</span>`
      return href === null ? html`${span.text}` : html`<a href="${href}">${span.text}${more}</a>`
    }
  }
}

export const renderLine = (line: Line, places: Places): Html =>
  html`${line.map((span) => renderSpan(span, places))}`

/** Line breaks of a text stay; blank lines part paragraphs. */
const renderText = (line: Line, places: Places): Html => {
  const [only] = line
  if (line.length !== 1 || typeof only !== 'string' || !only.includes('\n'))
    return html`<p>${renderLine(line, places)}</p> `
  const paragraphs = only.trim().split(/\n\s*\n/u)
  return html`${paragraphs.map((paragraph) => html`<p class="lines">${paragraph}</p> `)}`
}

type Of<T extends View['type']> = Extract<View, { type: T }>

const renderTable = ({ caption, columns, rows }: Of<'table'>, places: Places): Html =>
  html`<div
    class="scroll"
    tabindex="0"
    role="group"
    aria-label="${caption === '' ? columns.join(', ') : caption}"
  >
    <table>
      ${
        caption === ''
          ? null
          : html`<caption>
              ${caption}
            </caption>`
      }
      <thead>
        <tr>
          ${columns.map((name) => html`<th scope="col">${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ({ id, cells }) =>
            html`<tr${id === undefined ? null : html` id="${places.prefix}${getAnchor(id)}"`}>${cells.map((cell) => html`<td>${renderLine(cell, places)}</td>`)}</tr>\n`,
        )}
      </tbody>
    </table>
  </div> `

const share = (value: number): string => `${Math.round(Math.min(1, Math.max(0, value)) * 1000) / 10}%`

const renderBars = ({ caption, rows }: Of<'bars'>, places: Places): Html =>
  html`<div class="scroll" tabindex="0" role="group" aria-label="${caption}">
    <table class="bars">
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          <th scope="col">Phase</th>
          <th scope="col">How it ended</th>
          <th scope="col">When</th>
          <th scope="col" class="when"><span class="away">As a bar</span></th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ({ name, state, from, to, about }) =>
            html`<tr>
              <th scope="row">${renderLine(name, places)}</th>
              <td>${renderLine(state, places)}</td>
              <td class="tight">${about}</td>
              <td class="when">
                <span
                  class="bar"
                  aria-hidden="true"
                  style="margin-left:${share(from)};width:${share(to - from)}"
                ></span>
              </td>
            </tr> `,
        )}
      </tbody>
    </table>
  </div> `

const renderShot = ({ file, alt, caption, width, height }: Shot, places: Places): Html => {
  const source = places.getPicture(file)
  if (source === null)
    return html`<figure>
      <p>${alt}</p>
      <figcaption>${caption}</figcaption>
    </figure>`
  return html`<figure>
    <img src="${source}" alt="${alt}" width="${width}" height="${height}" />
    <figcaption>${caption}</figcaption>
  </figure>`
}

const renderMore = ({ id, summary, views }: Of<'more'>, places: Places): Html =>
  html`<details${id === null ? null : html` id="${places.prefix}${getAnchor(id)}"`}><summary>${renderLine(summary, places)}</summary>
<div class="inside">${renderViews(views, places)}</div></details>\n`

const renderHeading = ({ level, text, id }: Of<'heading'>, places: Places): Html => {
  const at = id === null ? null : html` id="${places.prefix}${getAnchor(id)}"`
  if (level === 2) return html`<h2${at}>${text}</h2>\n`
  return level === 3 ? html`<h3${at}>${text}</h3>\n` : html`<h4${at}>${text}</h4>\n`
}

const renderList = ({ ordered, items }: Of<'list'>, places: Places): Html => {
  const lines = items.map((item) => html`<li>${renderLine(item, places)}</li> `)
  return ordered
    ? html`<ol>
        ${lines}
      </ol> `
    : html`<ul>
        ${lines}
      </ul> `
}

const renderView = (view: View, places: Places): Html => {
  switch (view.type) {
    case 'heading':
      return renderHeading(view, places)
    case 'text':
      return renderText(view.line, places)
    case 'list':
      return renderList(view, places)
    case 'table':
      return renderTable(view, places)
    case 'code':
      return html`<pre
        tabindex="0"
        role="group"
        aria-label="Code${view.language === '' ? '' : `: ${view.language}`}"
      ><code>${view.text}</code></pre> `
    case 'diagram':
      return html`<figure>
        <figcaption>${view.title}</figcaption>
        <pre
          tabindex="0"
          role="group"
          aria-label="Diagram in Mermaid: ${view.title}"
        ><code>${view.text}</code></pre>
      </figure> `
    case 'note':
      return html`<p class="note ${view.tone}">${renderLine(view.line, places)}</p> `
    case 'facts':
      return html`<dl>
        ${view.items.map(
          ({ name, line }) =>
            html`<div>
              <dt>${name}</dt>
              <dd>${renderLine(line, places)}</dd>
            </div> `,
        )}
      </dl> `
    case 'tiles':
      return html`<ul class="tiles">
        ${view.items.map(({ name, value, tone, about }) => html`<li><span class="name">${name}</span> <span class="value ${tone}">${value}</span> <span class="about">${about}</span></li> `)}
      </ul> `
    case 'bars':
      return renderBars(view, places)
    case 'more':
      return renderMore(view, places)
    case 'steps':
      return html`<ol class="steps">
        ${view.items.map(
          ({ name, lines }) =>
            html`<li>
              <span class="name">${name}</span>
              <div>${lines.map((line) => html`<p>${renderLine(line, places)}</p>`)}</div>
            </li> `,
        )}
      </ol> `
    case 'shots':
      return html`<div class="shots" role="group" aria-label="${view.caption}">
        ${view.items.map((shot) => renderShot(shot, places))}
      </div> `
  }
}

export const renderViews = (views: readonly View[], places: Places): Html =>
  html`${views.map((view) => renderView(view, places))}`

/** A section of a page, named by its heading. */
export const renderSection = ({ id, title, views }: Section, places: Places): Html => {
  const anchor = `${places.prefix}${getAnchor(id)}`
  return html`<section aria-labelledby="${anchor}">
    <h2 id="${anchor}">${title}</h2>
    ${renderViews(views, places)}
  </section> `
}

/** A link from the address of one file of the dossier to another: folders up, then down again. */
export const getRelative = (from: string, to: string): string =>
  `${'../'.repeat(from.split('/').length - 1)}${to}`
