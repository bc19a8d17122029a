import type { Artifact } from '@ropewalk/core/contract/artifact'
import { SECURITY_SECTIONS, SecurityPack } from '@ropewalk/core/contract/documents/security'
import type { SecuritySection } from '@ropewalk/core/dossier/manifest'
import { z } from 'zod'
import type { DossierData } from '../collect-dossier.ts'
import { getDocumentPath } from '../paths.ts'
import { findContent } from '../run-record.ts'

/** The artifact that has the findings of a section, where the pack does not name one. */
const ARTIFACTS: Readonly<Record<SecuritySection['section'], string | null>> = {
  secrets: 'SecretsScanReport',
  sca: 'VulnerabilityScan',
  sast: 'SastReport',
  iac: 'IacReport',
  container: 'ContainerReport',
  privacy: 'PrivacyReview',
  'threat-model': 'ThreatModel',
  dast: 'DastReport',
  'supply-chain': 'SBOM',
  waivers: null,
}

const NO_COUNTS = { critical: 0, high: 0, medium: 0, low: 0, info: 0 } as const
const Measured = z.looseObject({ revision: z.string().nullable(), tool: z.string() })

const getRevision = (data: DossierData, artifact: Artifact | undefined, ofPack: string | null) => {
  if (artifact === undefined) return null
  const parsed = Measured.safeParse(data.contents.get(artifact.id))
  if (parsed.success) return parsed.data.revision
  // A bill of materials has no place for a revision; the pack was made of the same code.
  return artifact.name === 'SBOM' ? ofPack : null
}

/** The ten sections of the security pack, each with the commit its findings speak of. */
export const makeSecurity = (data: DossierData): SecuritySection[] => {
  const pack = findContent(data, 'SecurityPack', SecurityPack)
  const { acceptedCommit } = data.view.run
  return SECURITY_SECTIONS.map((section) => {
    const packed = pack?.value.sections.find((one) => one.section === section)
    const name = packed?.artifact ?? ARTIFACTS[section]
    // The version that the pack was made of: a newer one would have other findings.
    const made = data.artifacts.filter((one) => one.name === name)
    const artifact = made.find(({ digest }) => digest === packed?.digest) ?? made.at(-1)
    const revision = getRevision(data, artifact, pack?.value.revision ?? null)
    const tool = artifact && Measured.safeParse(data.contents.get(artifact.id)).data?.tool
    return {
      section,
      status: packed?.status ?? (section === 'waivers' && pack ? 'none' : 'missing'),
      reason: packed?.reason ?? (packed === undefined ? 'This run has no security pack.' : null),
      counts: packed?.counts ?? NO_COUNTS,
      artifact: artifact?.name ?? null,
      document: artifact === undefined ? null : getDocumentPath(artifact, 'html'),
      tool: tool ?? artifact?.lineage.maker.name ?? null,
      revision,
      isOfAccepted: revision === null ? null : revision === acceptedCommit,
      simulated: artifact?.simulated ?? false,
    }
  })
}
