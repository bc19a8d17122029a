import type { DossierManifest } from '@ropewalk/core/dossier/manifest'
import { getAnchor, type Html, html } from './html.ts'
import { renderPage } from './page.ts'
import {
  makeCost,
  makeDocuments,
  makeFiles,
  makeMeasured,
  makePictures,
  makeRelease,
  makeSecurity,
} from './sections/facts.ts'
import { makeHead, makeHow, makeMissing } from './sections/overview.ts'
import { makeQuestions, makeReviews, makeWaivers } from './sections/people.ts'
import { makeGates, makeTimeline } from './sections/phases.ts'
import { makeOrphans, makeRequirements } from './sections/requirements.ts'
import { type Places, renderLine, renderSection, renderViews } from './to-html.ts'
import type { Section } from './view.ts'
import { VERDICTS } from './words.ts'

/** The sections of a dossier's page, in the order in which somebody who must decide reads them. */
export const makeSections = (manifest: DossierManifest): Section[] => [
  makeMissing(manifest),
  makeRequirements(manifest),
  makeOrphans(manifest),
  makeHow(manifest),
  makeTimeline(manifest),
  makeGates(manifest),
  makeWaivers(manifest),
  makeReviews(manifest),
  makeQuestions(manifest),
  makeSecurity(manifest),
  makeMeasured(manifest),
  makePictures(manifest),
  makeRelease(manifest),
  makeDocuments(manifest),
  makeCost(manifest),
  makeFiles(manifest),
]

/** Links to the sections of a page, for eyes, keyboards and screen readers. */
export const renderNavigation = (sections: readonly Pick<Section, 'id' | 'title'>[]): Html =>
  html`<nav aria-label="Sections of this page">
    <ul>
      ${sections.map(({ id, title }) => html`<li><a href="#${getAnchor(id)}">${title}</a></li> `)}
    </ul>
  </nav>`

/** The beginning of the page: title, verdict, figures. */
export const renderHead = (manifest: DossierManifest, places: Places): Html => {
  const { verdict, views } = makeHead(manifest)
  return html`<header>
    <p class="quiet">Release dossier</p>
    <h1>${manifest.run.title}</h1>
    <p class="verdict">${renderLine(verdict, places)}</p>
    ${renderViews(views, places)}
  </header> `
}

/** `index.html`: the page that somebody reads first who has to decide whether to trust this run. */
export const renderDossier = (manifest: DossierManifest): string => {
  const present = new Set(manifest.files.map(({ path }) => path))
  const places: Places = {
    getHref: (target) => {
      const [file = '', anchor] = target.split('#')
      if (file !== '' && !present.has(file)) return null
      return anchor === undefined ? file : `${file}#${getAnchor(anchor)}`
    },
    getPicture: (file) => (present.has(file) ? file : null),
    prefix: '',
  }
  const sections = makeSections(manifest)
  return renderPage({
    title: `${manifest.run.title}: ${VERDICTS[manifest.run.verdict]}`,
    navigation: renderNavigation(sections),
    body: html`${renderHead(manifest, places)}${sections.map((section) => renderSection(section, places))}`,
  })
}
