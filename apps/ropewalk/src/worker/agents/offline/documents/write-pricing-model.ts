import type { PricingModel } from '@ropewalk/core/contract/documents/bizdev'
import { joinWords } from '../words.ts'
import type { Brief } from './parts/brief.ts'
import { ASSUMED, getEconomics } from './parts/economics.ts'

/** Two ways to pay for one thing, and what a group is worth by arithmetic from assumed figures. */
export const writePricingModel = (brief: Brief): PricingModel => {
  const { design, users, open, citeGoal, citeConstraint } = brief
  const { noun, fields } = design
  const sums = getEconomics(brief)
  const includes = [
    `Storing, checking and listing ${noun.many} with ${joinWords(fields.map(({ name }) => name))}`,
    'A copy of the file every day',
  ]
  const limits = [
    'One group per copy, since there is no sign-in',
    ...open.slice(0, 5).map(({ wish }) => `Not in it: ${wish}`),
  ]
  return {
    summary: `One hosted copy for ${users} costs ${String(sums.price)} euros a month or ${String(sums.yearlyPrice)} a year; the code itself costs nothing. All figures are assumed.`,
    currency: sums.currency,
    tiers: [
      {
        name: 'Monthly',
        price: sums.price,
        period: 'month',
        for_whom: `Groups that try whether ${noun.many} belong here.`,
        includes,
        limits,
        cites: [citeGoal('create'), citeGoal('list')],
      },
      {
        name: 'Yearly',
        price: sums.yearlyPrice,
        period: 'year',
        for_whom: `Groups that keep ${noun.many} for more than 10 months.`,
        includes,
        limits,
        cites: [citeGoal('keep')],
      },
    ],
    unit_economics: {
      arpa: sums.arpa,
      gross_margin: sums.margin,
      monthly_churn: sums.churn,
      cac: sums.cac,
      ltv: sums.ltv,
      ltv_cac: sums.ltvCac,
      payback_months: sums.paybackMonths,
      basis: `4 of 5 groups pay by the month, 1 by the year; 20 percent of the price goes into running it. ${ASSUMED}`,
      cites: ['Idea#/text', citeConstraint(/\bone file\b/iu)],
    },
    assumptions: [
      `To win a group costs ${String(sums.cac)} euros, which is 4 months of the monthly price.`,
      '4 of 100 groups leave each month.',
      `Keeping ${noun.many} is worth money at all to ${users}.`,
    ],
  }
}
