import { runProgram } from './adapters/run-program.ts'
import { makeTrivyImage, TRIVY_CONFIG } from './adapters/trivy.ts'
import type { Finding, Scan } from './finding.ts'
import { makeNotRunPart, makeOwnPart } from './make-part.ts'
import type { Scanner } from './scan-input.ts'
import { listSourceTexts, makeUnreadFindings } from './source-texts.ts'
import { analyseApart } from './apart/analyse-apart.ts'

const IAC = new URL('./apart/iac-analysis.ts', import.meta.url)
const CONTAINER = new URL('./apart/container-analysis.ts', import.meta.url)

const YAML_FILE = /\.ya?ml$/u
/** Infrastructure in languages that only trivy reads. */
const OTHER_FILE = /\.(?:tf|tofu|bicep)$|\.tf\.json$/u
const IMAGE_FILE =
  /(?:^|\/)(?:Dockerfile|Containerfile)(?:\.(?!(?:[cm]?[jt]sx?|md|dockerignore)$)[\w.-]{1,100})?$|\.[Dd]ockerfile$/u
const INFRASTRUCTURE =
  /(?:^|\/)(?:docker-)?compose(?:\.[\w.-]{1,100})?\.ya?ml$|^\.github\/workflows\/[^/]+\.ya?ml$/u

/**
 * Compose files, workflows and objects of Kubernetes under rules of ours, Terraform with trivy. Dockerfiles are
 * the container scanner's, so that no finding counts twice.
 */
export const scanInfrastructure: Scanner = async (input): Promise<Scan> => {
  const { sources, unread } = await listSourceTexts(input.dir, (file) => YAML_FILE.test(file))
  const other = await listSourceTexts(input.dir, (file) => OTHER_FILE.test(file))
  const found = await analyseApart(IAC, sources)
  // The analysis names what describes infrastructure; other YAML is nobody's business here.
  const known = sources.filter(({ name }) => INFRASTRUCTURE.test(name) || found.data.has(name)).length
  const needed = other.sources.length > 0
  const trivy = await runProgram(input, TRIVY_CONFIG, !needed)
  const notes = [
    ...(known === 0 && !needed ? ['There is no infrastructure file to look at.'] : []),
    ...(needed ? [`${other.sources.length} files are in languages that only trivy reads.`] : []),
  ]
  const own = makeOwnPart('infrastructure', [
    ...found.findings,
    ...makeUnreadFindings([...unread, ...found.unread]),
  ])
  return {
    parts: [own, trivy],
    scannedFiles: known + (trivy.outcome === 'done' ? other.sources.length : 0),
    notes,
  }
}

const getFolder = (file: string): string => file.slice(0, file.lastIndexOf('/') + 1)

/** A finding about the ignore file stands only where none of the places it may lie in has one. */
const isStanding = (finding: Finding, ignores: ReadonlySet<string>): boolean =>
  finding.rule !== 'container-no-dockerignore' ||
  ![
    '.dockerignore',
    `${finding.file ?? ''}.dockerignore`,
    `${getFolder(finding.file ?? '')}.dockerignore`,
  ].some((file) => ignores.has(file))

/** Dockerfiles and Containerfiles under rules of ours, and an image archive with trivy where one is named. */
export const scanContainers: Scanner = async (input): Promise<Scan> => {
  const { sources, unread } = await listSourceTexts(input.dir, (file) => IMAGE_FILE.test(file))
  const ignores = await listSourceTexts(input.dir, (file) => file.endsWith('.dockerignore'))
  const names = new Set(ignores.sources.map(({ name }) => name))
  const found = await analyseApart(CONTAINER, sources)
  const own = makeOwnPart('container', [
    ...found.findings.filter((finding) => isStanding(finding, names)),
    ...makeUnreadFindings([...unread, ...found.unread]),
  ])
  const { image, databases } = input.settings
  const images =
    image === undefined
      ? []
      : databases.trivy === undefined
        ? [
            makeNotRunPart(
              'image',
              'trivy',
              'An image is scanned offline: settings.databases.trivy is missing.',
              false,
            ),
          ]
        : [await runProgram(input, makeTrivyImage(image, databases.trivy), false)]
  const notes = sources.length === 0 && image === undefined ? ['There is no Dockerfile to look at.'] : []
  return { parts: [own, ...images], scannedFiles: sources.length + images.length, notes }
}
