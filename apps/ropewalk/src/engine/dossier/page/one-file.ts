import type { DossierManifest } from '@ropewalk/core/dossier/manifest'
import { escapeLine } from '@ropewalk/core/render/to-markdown'
import { makeDocumentViews } from './document-page.ts'
import { makeSections, renderHead, renderNavigation } from './dossier-page.ts'
import { getAnchor, type Html, html } from './html.ts'
import { renderPage } from './page.ts'
import { makeHead } from './sections/overview.ts'
import { type Places, renderLine, renderSection, renderViews } from './to-html.ts'
import { writeLine, writeViews } from './to-markdown.ts'
import { quiet, type View } from './view.ts'
import { VERDICTS } from './words.ts'

/** Bytes of a file of the dossier, by its path. Throws where there is none. */
export type ReadFile = (path: string) => Buffer

type Chapter = {
  readonly id: string
  readonly title: string
  readonly about: string
  readonly html: string
  readonly views: readonly View[]
}

/** The newest version of every document, in the order of phases. */
const listChapters = ({ documents }: DossierManifest, read: ReadFile): Chapter[] =>
  documents
    .filter(({ isNewest }) => isNewest)
    .map(({ name, phase, json, html: at, version, maker, simulated }) => {
      const { title, views } = makeDocumentViews(name, JSON.parse(read(json).toString('utf8')))
      return {
        id: `document-${phase}-${name}`,
        title: title === name ? title : `${title} (${name})`,
        about: `Version ${version}, by ${maker} in ${phase}${simulated ? ', simulated' : ''}`,
        html: at,
        // Below the heading of the chapter.
        views: views.map((view) =>
          view.type === 'heading' ? { ...view, level: view.level === 2 ? 3 : 4 } : view,
        ),
      }
    })

const getPng = (read: ReadFile, file: string): string =>
  `data:image/png;base64,${read(file).toString('base64')}`

/**
 * The page and the newest documents as one file that needs nothing beside it: pictures are inside, links lead
 * within it, and what stays in the folder (reports, older versions, code) is named, not linked.
 */
export const renderOneFile = (manifest: DossierManifest, read: ReadFile): string => {
  const chapters = listChapters(manifest, read)
  const pages = new Map(chapters.map(({ html: at, id }) => [at, getAnchor(id)]))
  const makePlaces = (prefix: string): Places => ({
    getHref: (target) => {
      const [file = '', anchor] = target.split('#')
      if (file === '') return anchor === undefined ? null : `#${prefix}${getAnchor(anchor)}`
      const page = pages.get(file)
      if (page === undefined) return null
      return anchor === undefined ? `#${page}` : `#${page}-${getAnchor(anchor)}`
    },
    getPicture: (file) => getPng(read, file),
    prefix,
  })
  const places = makePlaces('')
  const sections = makeSections(manifest)
  const renderChapter = ({ id, title, about, views }: Chapter): Html => {
    const anchor = getAnchor(id)
    return html`<section aria-labelledby="${anchor}">
      <h2 id="${anchor}">${title}</h2>
      <p>${renderLine([quiet(about)], places)}</p>
      ${renderViews(views, makePlaces(`${anchor}-`))}
    </section> `
  }
  return renderPage({
    title: `${manifest.run.title}: ${VERDICTS[manifest.run.verdict]}`,
    navigation: renderNavigation([...sections, ...chapters]),
    body: html`${renderHead(manifest, places)}${sections.map((section) => renderSection(section, places))}${chapters.map(renderChapter)}`,
  })
}

/** The same as one Markdown file; pictures are named by their place in the folder. */
export const writeOneMarkdown = (manifest: DossierManifest, read: ReadFile): string => {
  const { verdict, views } = makeHead(manifest)
  const parts = [
    `# ${escapeLine(manifest.run.title)}`,
    writeLine(verdict),
    writeViews(views),
    ...makeSections(manifest).flatMap(({ title, views: own }) => [
      `## ${escapeLine(title)}`,
      writeViews(own),
    ]),
    ...listChapters(manifest, read).flatMap(({ title, about, views: own }) => [
      `## ${escapeLine(title)}`,
      escapeLine(about),
      writeViews(own),
    ]),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}
