import type { DossierManifest, DocumentPage } from '@ropewalk/core/dossier/manifest'
import type { Block } from '@ropewalk/core/render/blocks'
import { renderDocument } from '@ropewalk/core/render/render-document'
import { toMarkdown } from '@ropewalk/core/render/to-markdown'
import { DOSSIER_PAGE } from '../paths.ts'
import { getAnchor, html } from './html.ts'
import { renderPage } from './page.ts'
import { getRelative, type Places, renderLine, renderViews } from './to-html.ts'
import { badge, fromBlock, heading, link, type Line, type View } from './view.ts'

/** What a page of a document is made of: which version it is, what it says, and the pictures it names. */
export type DocumentSource = {
  readonly document: DocumentPage
  /** The version shown; another than the document's own is an older one. */
  readonly version: number
  readonly content: unknown
}

type Parts = { readonly title: string; readonly views: readonly View[] }

/** A document's blocks without the title, which the page itself shows. */
export const makeDocumentViews = (name: string, content: unknown): Parts => {
  const blocks = renderDocument(name, content)
  const [first, ...rest] = blocks
  const isTitle = first?.type === 'heading'
  return {
    title: isTitle ? first.text : name,
    views: (isTitle ? rest : blocks).map((block: Block) => fromBlock(block)),
  }
}

/** The pictures a document speaks of, under it. */
const listShots = ({ pictures }: DossierManifest, { name }: DocumentPage): View[] =>
  name !== 'VisualAssets' || pictures.length === 0
    ? []
    : [
        heading(2, 'Pictures'),
        {
          type: 'shots',
          caption: 'Pictures of the running service',
          items: pictures.map(({ file, page, width, height, moment }) => ({
            file,
            alt: `Screenshot of ${page} at ${width} pixels, ${moment}`,
            caption: `${page} at ${width} pixels, ${moment}`,
            width,
            height,
          })),
        },
      ]

const makeAbout = ({ document, version }: DocumentSource): Line => {
  const isOld = version !== document.version
  return [
    ...(isOld
      ? [
          badge('gap', `older version ${version}`),
          ' the newest of this phase is ',
          link(document.html, `version ${document.version}`),
        ]
      : [`Version ${version}, by ${document.maker} in ${document.phase}`]),
    ...(document.simulated && !isOld ? [' ', badge('plain', 'simulated')] : []),
    ...(document.isNewest ? [] : [', ', badge('gap', 'a later phase made a newer one')]),
    ...(isOld
      ? []
      : document.older.flatMap((older): Line => [', ', link(older.html, `version ${older.version}`)])),
    ', ',
    link(
      isOld ? (document.older.find((one) => one.version === version)?.json ?? document.json) : document.json,
      'JSON',
    ),
    ...(isOld ? [] : [', ', link(document.markdown, 'Markdown')]),
  ]
}

/** A document as a page of its own, `at` its place in the dossier. */
export const renderDocumentPage = (manifest: DossierManifest, source: DocumentSource, at: string): string => {
  const places: Places = {
    getHref: (target) => {
      const [file = '', anchor] = target.split('#')
      const path = file === '' ? '' : getRelative(at, file)
      return anchor === undefined ? path : `${path}#${getAnchor(anchor)}`
    },
    getPicture: (file) => getRelative(at, file),
    prefix: '',
  }
  const { title, views } = makeDocumentViews(source.document.name, source.content)
  return renderPage({
    title: `${title}: ${manifest.run.title}`,
    navigation: null,
    body: html`<header>
        <p>${renderLine([link(DOSSIER_PAGE, `Dossier of ${manifest.run.title}`)], places)}</p>
        <h1>${title}</h1>
        <p class="quiet">${renderLine(makeAbout(source), places)}</p>
      </header>
      ${renderViews([...views, ...listShots(manifest, source.document)], places)}`,
  })
}

/** A document as Markdown, with where it comes from. */
export const writeDocumentMarkdown = (
  { run }: DossierManifest,
  { document, content }: DocumentSource,
): string => {
  const [first, ...rest] = renderDocument(document.name, content)
  const about: Block = {
    type: 'paragraph',
    text: `Version ${document.version}, by ${document.maker} in ${document.phase}${document.simulated ? ', simulated' : ''}. Run ${run.id}.`,
  }
  return toMarkdown(first === undefined ? [about] : [first, about, ...rest])
}
