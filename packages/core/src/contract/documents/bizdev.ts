import { z } from 'zod'
import { Share, text } from '../../text.ts'
import { citedClaims, claim, claims, label, mustCite } from './shared.ts'

const amount = z.number().min(0).max(1e12)

/** ISO 4217. All amounts of a document are in this currency. */
const currency = z.string().regex(/^[A-Z]{3}$/u, 'expected a currency code like EUR')

export const BusinessPlan = z.strictObject({
  summary: claim,
  model: z.enum(['free', 'subscription', 'one-time', 'usage', 'freemium', 'internal', 'donation', 'other']),
  value_proposition: z.strictObject({ text: claim, cites: mustCite }),
  segments: z
    .array(z.strictObject({ name: label, need: claim, cites: mustCite }))
    .min(1)
    .max(15),
  currency,
  revenue_streams: z
    .array(
      z.strictObject({
        name: label,
        text: claim,
        yearly_amount: amount,
        confidence: Share,
        basis: claim,
        cites: mustCite,
      }),
    )
    .min(1)
    .max(15),
  costs: z
    .array(
      z.strictObject({
        name: label,
        yearly_amount: amount,
        kind: z.enum(['fixed', 'variable']),
        basis: claim,
      }),
    )
    .min(1)
    .max(30),
  partners: claims(15),
  risks: citedClaims(20),
  assumptions: claims(30, 1),
})
export type BusinessPlan = z.infer<typeof BusinessPlan>

/**
 * Unit economics as plain numbers, so that a guard can do the sums again. `arpa` is revenue per account and
 * month, `monthly_churn` and `gross_margin` are shares, `cac` and `ltv` amounts; ltv = arpa × gross_margin ÷
 * monthly_churn, ltv_cac = ltv ÷ cac, payback_months = cac ÷ (arpa × gross_margin).
 */
export const PricingModel = z.strictObject({
  summary: claim,
  currency,
  tiers: z
    .array(
      z.strictObject({
        name: label,
        price: amount,
        period: z.enum(['month', 'year', 'once', 'use']),
        for_whom: claim,
        includes: claims(20, 1),
        limits: claims(20),
        cites: mustCite,
      }),
    )
    .min(1)
    .max(10),
  unit_economics: z.strictObject({
    arpa: amount,
    gross_margin: Share,
    monthly_churn: z.number().gt(0).max(1),
    cac: z.number().gt(0).max(1e12),
    ltv: amount,
    ltv_cac: amount,
    payback_months: amount,
    basis: claim,
    cites: mustCite,
  }),
  assumptions: claims(30, 1),
})
export type PricingModel = z.infer<typeof PricingModel>

export const GTMStrategy = z.strictObject({
  summary: claim,
  positioning: z.strictObject({ text: claim, cites: mustCite }),
  channels: z
    .array(
      z.strictObject({
        name: label,
        audience: claim,
        action: claim,
        monthly_cost: amount,
        expected_result: claim,
        cites: mustCite,
      }),
    )
    .min(1)
    .max(20),
  currency,
  stages: z
    .array(z.strictObject({ name: label, goal: claim, actions: claims(20, 1), done_when: claim }))
    .min(1)
    .max(10),
  messages: claims(15, 1),
  risks: citedClaims(15),
})
export type GTMStrategy = z.infer<typeof GTMStrategy>

/** What would be counted, and where the count comes from; `event` is what the code would have to emit. */
export const BusinessMetrics = z.strictObject({
  summary: claim,
  north_star: text(160, 1),
  metrics: z
    .array(
      z.strictObject({
        name: text(160, 1),
        definition: claim,
        formula: claim,
        event: label,
        unit: text(40, 1),
        target: z.number(),
        direction: z.enum(['up', 'down']),
        review: z.enum(['daily', 'weekly', 'monthly', 'quarterly']),
        cites: mustCite,
      }),
    )
    .min(1)
    .max(40),
})
export type BusinessMetrics = z.infer<typeof BusinessMetrics>
