import { getFileExtension, type Artifact } from '@ropewalk/core/contract/artifact'
import type { KeptReport } from './run-record.ts'

/** The page of the dossier that has a line for each requirement. */
export const DOSSIER_PAGE = 'index.html'

/** Where an artifact lies inside a dossier. */
export const getArtifactPath = ({ phase, name, version, mediaType }: Artifact): string =>
  `artifacts/${phase}/${name}-v${version}.${getFileExtension(mediaType)}`

/** Where the whole report of a guard lies. */
export const getEvidencePath = ({ phase, round, digest, report }: KeptReport): string =>
  `evidence/${phase}-round${round}-${report.guard}-${digest.slice(0, 8)}.json`

/** Where an output of a guard lies, such as the log of a test run. */
export const getOutputPath = (
  { phase, report }: Pick<KeptReport, 'phase' | 'report'>,
  digest: string,
  extension: string,
): string => `evidence/${phase}-${report.guard}-output-${digest.slice(0, 8)}.${extension}`

/** Where a document lies as people read it; `version` of one that has a newer one in its phase. */
export const getDocumentPath = (
  { phase, name }: Pick<Artifact, 'phase' | 'name'>,
  extension: 'html' | 'md',
  version?: number,
): string =>
  version === undefined
    ? `documents/${phase}/${name}.${extension}`
    : `documents/${phase}/older/${name}-v${version}.${extension}`
