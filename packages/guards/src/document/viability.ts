import { z } from 'zod'
import type { DocumentOf } from '@ropewalk/core/contract/documents'
import { findDocument } from '../documents.ts'
import { lacks, makeGuard } from '../make-guard.ts'
import { fact, judgeChecks, limit, share, show, type Check } from './checks.ts'

const MODELS = [
  'free',
  'subscription',
  'one-time',
  'usage',
  'freemium',
  'internal',
  'donation',
  'other',
] as const

/** Confidence by row DX-P05; LTV:CAC and payback by row DX-53. */
const Settings = z.strictObject({
  min_ltv_cac: z.number().min(0).default(3),
  max_payback_months: z.number().min(0).default(12),
  min_revenue_confidence: z.number().min(0).max(1).default(0.7),
  /** How far a stated figure may be from ours, as a share of ours, beyond the rounding of its own digits. */
  tolerance: z.number().min(0).max(0.1).default(0.005),
  /** Business models that are not held to the three limits; what they state is recomputed all the same. */
  exempt_models: z.array(z.enum(MODELS)).default([]),
  min: z.number().min(0).max(1).default(1),
})
type Settings = z.infer<typeof Settings>
type Pricing = DocumentOf<'PricingModel'>
type Plan = DocumentOf<'BusinessPlan'>

/** What the plain numbers come to, whatever the document says. */
export const getUnitEconomics = (
  plain: Pick<Pricing['unit_economics'], 'arpa' | 'gross_margin' | 'monthly_churn' | 'cac'>,
) => {
  const monthly = plain.arpa * plain.gross_margin
  const ltv = monthly / plain.monthly_churn
  return { ltv, ltv_cac: ltv / plain.cac, payback_months: monthly === 0 ? Infinity : plain.cac / monthly }
}

/** Half of the last digit that a number is written with: 3.3 may stand for anything from 3.25 to 3.35. */
const getRounding = (stated: number): number => {
  const [digits = '', exponent = '0'] = String(stated).split('e')
  const decimals = (digits.split('.')[1]?.length ?? 0) - Number(exponent)
  return 0.5 * 10 ** -Math.max(0, decimals)
}

/** Whether a stated figure is ours but for rounding. */
export const isStatedRight = (stated: number, ours: number, tolerance: number): boolean =>
  // Two sums of the same fractions stray in the last digits.
  Number.isFinite(ours) &&
  Math.abs(stated - ours) <= Math.max(getRounding(stated), Math.abs(ours) * tolerance) + 1e-9

const SUMS = {
  ltv: 'arpa × gross_margin ÷ monthly_churn',
  ltv_cac: 'ltv ÷ cac',
  payback_months: 'cac ÷ (arpa × gross_margin)',
} as const

const checkEconomics = ({ unit_economics: stated }: Pricing, tolerance: number): Check[] => {
  const ours = getUnitEconomics(stated)
  return (Object.keys(SUMS) as (keyof typeof SUMS)[]).map((key) =>
    fact(
      isStatedRight(stated[key], ours[key], tolerance),
      `PricingModel#/unit_economics/${key} says ${show(stated[key])}, but ${SUMS[key]} of its own numbers is ${show(ours[key])}.`,
    ),
  )
}

const MONTHS: Readonly<Record<string, number>> = { month: 1, year: 12 }

/** Revenue per account and month cannot be above the dearest tier nor below the cheapest. */
const checkTiers = ({ tiers, unit_economics: { arpa } }: Pricing): Check[] => {
  const names = new Map<string, number>()
  const unique = tiers.map(({ name }, index) => {
    const first = names.get(name.toLowerCase())
    names.set(name.toLowerCase(), first ?? index)
    return limit(
      first === undefined,
      `PricingModel#/tiers/${index}/name is "${name}", as is that of /tiers/${first ?? 0}.`,
    )
  })
  const monthly = tiers.flatMap(({ price, period }) => {
    const months = MONTHS[period]
    return months === undefined ? [] : [price / months]
  })
  // A price once or for each use says nothing of a month.
  if (monthly.length < tiers.length) return unique
  const [least, most] = [Math.min(...monthly), Math.max(...monthly)]
  const told = `PricingModel#/unit_economics/arpa is ${show(arpa)} a month, but the tiers cost ${show(least)} to ${show(most)} a month`
  return [
    ...unique,
    fact(arpa >= least - 0.005 && arpa <= most + 0.005, `${told}: no mix of them gives that.`),
  ]
}

/** Confidence of the streams, each counted by its amount. */
export const getRevenueConfidence = ({ revenue_streams: streams }: Pick<Plan, 'revenue_streams'>): number => {
  const total = streams.reduce((sum, { yearly_amount: amount }) => sum + amount, 0)
  // Without any amount each stream counts the same.
  const weight = (amount: number) => (total === 0 ? 1 / streams.length : amount / total)
  return streams.reduce((sum, { yearly_amount: amount, confidence }) => sum + weight(amount) * confidence, 0)
}

const isExempt = (plan: Plan | undefined, settings: Settings): boolean =>
  plan !== undefined && settings.exempt_models.includes(plan.model)

const checkLimits = (pricing: Pricing | undefined, plan: Plan | undefined, settings: Settings): Check[] => {
  if (isExempt(plan, settings)) return []
  const ours = pricing && getUnitEconomics(pricing.unit_economics)
  const confidence = plan && getRevenueConfidence(plan)
  return [
    ...(ours === undefined
      ? []
      : [
          limit(
            ours.ltv_cac + 1e-9 >= settings.min_ltv_cac,
            `PricingModel#/unit_economics: LTV:CAC is ${show(ours.ltv_cac)}, expected at least ${show(settings.min_ltv_cac)}.`,
          ),
          limit(
            ours.payback_months <= settings.max_payback_months + 1e-9,
            `PricingModel#/unit_economics: payback takes ${show(ours.payback_months)} months, expected at most ${show(settings.max_payback_months)}.`,
          ),
        ]),
    ...(confidence === undefined
      ? []
      : [
          limit(
            confidence + 1e-9 >= settings.min_revenue_confidence,
            `BusinessPlan#/revenue_streams: confidence by amount is ${show(confidence)}, expected at least ${show(settings.min_revenue_confidence)}.`,
          ),
        ]),
  ]
}

const checkCurrency = (
  documents: Readonly<Record<string, { readonly currency: string } | undefined>>,
): Check[] => {
  const told = Object.entries(documents).flatMap(([name, document]) =>
    document ? [{ name, currency: document.currency }] : [],
  )
  const [first] = told
  return told
    .slice(1)
    .map(({ name, currency }) =>
      share(
        currency === first?.currency,
        `${name}#/currency is ${currency}, ${first?.name ?? ''}#/currency is ${first?.currency ?? ''}.`,
      ),
    )
}

/** Prices and plan pay: every figure that follows from others is computed again, and the limits judge ours. */
export const guard = makeGuard({
  name: 'viability',
  version: '1.0.0',
  settings: Settings,
  judge: (input, settings) => {
    const pricing = findDocument(input, 'PricingModel')
    const plan = findDocument(input, 'BusinessPlan')
    if (pricing === undefined && plan === undefined) return lacks('PricingModel')
    const ours = pricing && getUnitEconomics(pricing.unit_economics)
    const checks = [
      ...(pricing ? [...checkEconomics(pricing, settings.tolerance), ...checkTiers(pricing)] : []),
      ...checkLimits(pricing, plan, settings),
      ...checkCurrency({
        PricingModel: pricing,
        BusinessPlan: plan,
        GTMStrategy: findDocument(input, 'GTMStrategy'),
      }),
    ]
    const figures = {
      ...(ours && { ltv: ours.ltv, ltv_cac: ours.ltv_cac }),
      ...(ours && Number.isFinite(ours.payback_months) && { payback_months: ours.payback_months }),
      ...(plan && { revenue_confidence: getRevenueConfidence(plan) }),
    }
    const judgement = judgeChecks(checks, settings.min, {
      ...figures,
      exempt: isExempt(plan, settings) ? 1 : 0,
    })
    return isExempt(plan, settings)
      ? {
          ...judgement,
          reasons: [
            ...judgement.reasons,
            `BusinessPlan#/model is ${plan?.model ?? ''}: the playbook holds it to no ratio and no confidence.`,
          ],
        }
      : judgement
  },
})
