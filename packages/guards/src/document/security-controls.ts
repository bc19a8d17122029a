import { z } from 'zod'
import type { DocumentOf } from '@ropewalk/core/contract/documents'
import { findDocument } from '../documents.ts'
import { lacks, makeGuard } from '../make-guard.ts'
import { fact, judgeChecks, limit, share, type Check } from './checks.ts'
import { countDistinct, findRepeated } from './repeated.ts'

/** Five controls by row DX-P06. */
const Settings = z.strictObject({
  min_controls: z.int().min(0).max(80).default(5),
  min_categories: z.int().min(0).max(12).default(4),
  min_threats: z.int().min(0).max(120).default(3),
  /** From this likelihood times impact on a threat needs a control, whatever risk is said to be left. */
  grave: z.int().min(1).max(25).default(12),
  min: z.number().min(0).max(1).default(0.8),
})
type Settings = z.infer<typeof Settings>
type Architecture = DocumentOf<'ArchitectureDoc'> | undefined
type Model = DocumentOf<'DataModel'> | undefined
type Security = DocumentOf<'SecurityArchitecture'>

const listPersonal = (model: Model): { entity: string; field: string }[] =>
  (model?.entities ?? []).flatMap(({ name, fields }) =>
    fields.filter(({ is_personal_data: is }) => is).map((field) => ({ entity: name, field: field.name })),
  )

const checkProtected = (
  { controls, data_classes: classes }: Security,
  architecture: Architecture,
  model: Model,
): Check[] => {
  const covered = new Set(controls.flatMap(({ components }) => components))
  const classed = new Set(classes.flatMap(({ entities }) => entities))
  const known = new Set(architecture?.components.map(({ id }) => id))
  const named = controls.flatMap(({ components }, index) => components.map((id) => ({ id, index })))
  return [
    ...named.map(({ id, index }) =>
      fact(
        architecture === undefined || known.has(id),
        `SecurityArchitecture#/controls/${index}/components names ${id}, which is no component of ArchitectureDoc.`,
      ),
    ),
    ...(architecture?.components ?? [])
      .filter(({ kind }) => kind === 'interface' || kind === 'service' || kind === 'store')
      .map(({ id, name }) =>
        share(covered.has(id), `No control of SecurityArchitecture protects ${id} (${name}).`),
      ),
    ...[...new Set(listPersonal(model).map(({ entity }) => entity))].map((entity) =>
      limit(
        classed.has(entity),
        `${entity} holds data about people, but no class of SecurityArchitecture#/data_classes names it.`,
      ),
    ),
  ]
}

const checkControls = (security: Security, settings: Settings): Check[] => {
  const { controls } = security
  const texts = controls.map(({ name, description }) => `${name}. ${description}`)
  const distinct = countDistinct(texts)
  const categories = new Set(controls.map(({ category }) => category))
  return [
    limit(
      distinct >= settings.min_controls,
      `SecurityArchitecture#/controls names ${distinct} different controls, expected at least ${settings.min_controls}.`,
    ),
    limit(
      categories.size >= settings.min_categories,
      `SecurityArchitecture#/controls has ${categories.size} categories (${[...categories].join(', ')}), expected at least ${settings.min_categories}.`,
    ),
    ...findRepeated('SecurityArchitecture#/controls', texts),
    ...controls.map(({ description, verification }, index) =>
      share(
        verification.trim() !== description.trim(),
        `SecurityArchitecture#/controls/${index}/verification only repeats the description.`,
      ),
    ),
  ]
}

const checkThreats = (
  { threats }: DocumentOf<'ThreatModel'>,
  security: Security | undefined,
  settings: Settings,
): Check[] => {
  const controls = new Set(security?.controls.map(({ id }) => id))
  const distinct = countDistinct(threats.map(({ title, description }) => `${title}. ${description}`))
  return [
    limit(
      distinct >= settings.min_threats,
      `ThreatModel#/threats names ${distinct} different threats, expected at least ${settings.min_threats}.`,
    ),
    ...threats.flatMap((threat, index) => {
      const at = `ThreatModel#/threats/${index}`
      const risk = threat.likelihood * threat.impact
      const isLow = threat.residual_risk === 'none' || threat.residual_risk === 'low'
      const isBare = threat.controls.length === 0
      return [
        ...threat.controls.map((id) =>
          fact(controls.has(id), `${at}/controls names ${id}, which SecurityArchitecture does not have.`),
        ),
        limit(!isBare || risk < settings.grave, `${at} has likelihood times impact ${risk} and no control.`),
        fact(
          !isBare || !isLow || risk < settings.grave,
          `${at}/residual_risk is ${threat.residual_risk}, though nothing stands against a threat of ${risk}.`,
        ),
        limit(threat.residual_risk !== 'critical', `${at}/residual_risk is critical.`),
      ]
    }),
  ]
}

const checkPrivacy = (review: DocumentOf<'PrivacyReview'>, model: Model): Check[] => {
  const personal = listPersonal(model)
  const told = new Set(review.data.map(({ entity, field }) => `${entity}.${field}`))
  const known = new Set(
    (model?.entities ?? []).flatMap(({ name, fields }) => fields.map((field) => `${name}.${field.name}`)),
  )
  return [
    fact(
      review.handles_personal_data === (personal.length > 0 || review.data.length > 0),
      `PrivacyReview#/handles_personal_data is ${review.handles_personal_data}, but DataModel marks ${personal.length} fields as data about people and the review lists ${review.data.length}.`,
    ),
    ...personal.map(({ entity, field }) =>
      limit(
        told.has(`${entity}.${field}`),
        `PrivacyReview#/data lacks ${entity}.${field}, which DataModel marks as data about people.`,
      ),
    ),
    ...review.data.map(({ entity, field }, index) =>
      fact(
        model === undefined || known.has(`${entity}.${field}`),
        `PrivacyReview#/data/${index} names ${entity}.${field}, which DataModel does not have.`,
      ),
    ),
    ...review.findings.map(({ severity, title }, index) =>
      limit(severity !== 'critical', `PrivacyReview#/findings/${index} is critical: ${title}.`),
    ),
  ]
}

/** Controls, threats and data about people, whichever of the three documents is judged, fit each other and the design. */
export const guard = makeGuard({
  name: 'security-controls',
  version: '1.0.0',
  settings: Settings,
  judge: (input, settings) => {
    const names = new Set(input.judged.map(({ artifact }) => artifact.name))
    const security = findDocument(input, 'SecurityArchitecture')
    const threats = names.has('ThreatModel') ? findDocument(input, 'ThreatModel') : undefined
    const privacy = names.has('PrivacyReview') ? findDocument(input, 'PrivacyReview') : undefined
    const model = findDocument(input, 'DataModel')
    if (security === undefined && threats === undefined && privacy === undefined)
      return lacks('SecurityArchitecture')
    const areControlsJudged =
      security !== undefined && (names.has('SecurityArchitecture') || (!threats && !privacy))
    const checks = [
      ...(areControlsJudged
        ? [
            ...checkControls(security, settings),
            ...checkProtected(security, findDocument(input, 'ArchitectureDoc'), model),
          ]
        : []),
      ...(threats ? checkThreats(threats, security, settings) : []),
      ...(privacy ? checkPrivacy(privacy, model) : []),
    ]
    return judgeChecks(checks, settings.min, {
      controls: security?.controls.length ?? 0,
      threats: threats?.threats.length ?? 0,
    })
  },
})
