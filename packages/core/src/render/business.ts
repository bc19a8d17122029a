import type { DocumentOf } from '../contract/documents.ts'
import {
  type Block,
  entry,
  fields,
  list,
  note,
  paragraph,
  part,
  percent,
  restsOn,
  said,
  section,
  table,
  title,
} from './blocks.ts'

const money = (amount: number, currency: string): string =>
  `${String(Math.round(amount * 100) / 100)} ${currency}`

/** Risks by likelihood times impact, gravest first. */
export const renderRiskRegister = ({ summary, risks }: DocumentOf<'RiskRegister'>): Block[] => {
  const sorted = risks.toSorted(
    (a, b) => b.likelihood * b.impact - a.likelihood * a.impact || (a.id < b.id ? -1 : 1),
  )
  return [
    title('Risk register'),
    paragraph(summary),
    table(
      ['Risk', 'Category', 'Likelihood × impact', 'Owner', 'Mitigation'],
      sorted.map((risk) => [
        `${risk.id} ${risk.title}`,
        risk.category,
        `${String(risk.likelihood)} × ${String(risk.impact)} = ${String(risk.likelihood * risk.impact)}`,
        risk.owner,
        risk.mitigation_status.replace('_', ' '),
      ]),
    ),
    section('Each risk'),
    ...sorted.flatMap((risk) => [
      entry(`${risk.id}: ${risk.title}`, risk.id),
      paragraph(`${risk.description}${restsOn(risk.cites)}`),
      fields({ 'What is done about it': risk.mitigation, 'It has come true when': risk.trigger }),
    ]),
  ]
}

/** The plan, with totals that are computed here and not taken from its author. */
export const renderBusinessPlan = (plan: DocumentOf<'BusinessPlan'>): Block[] => {
  const revenue = plan.revenue_streams.reduce((sum, one) => sum + one.yearly_amount, 0)
  const costs = plan.costs.reduce((sum, one) => sum + one.yearly_amount, 0)
  return [
    title('Business plan'),
    paragraph(plan.summary),
    fields({ Model: plan.model, 'What it is worth': said(plan.value_proposition) }),
    ...part(
      'Who it is for',
      list(plan.segments.map(({ name, need, cites }) => `${name}: ${need}${restsOn(cites)}`)),
    ),
    ...part(
      'Revenue in a year',
      table(
        ['Stream', 'Amount', 'Confidence', 'Basis', 'Rests on'],
        plan.revenue_streams.map((one) => [
          `${one.name}: ${one.text}`,
          money(one.yearly_amount, plan.currency),
          percent(one.confidence),
          one.basis,
          one.cites.join(', '),
        ]),
      ),
    ),
    ...part(
      'Costs in a year',
      table(
        ['Cost', 'Amount', 'Kind', 'Basis'],
        plan.costs.map((one) => [one.name, money(one.yearly_amount, plan.currency), one.kind, one.basis]),
      ),
    ),
    note(
      'info',
      `Revenue ${money(revenue, plan.currency)} less costs ${money(costs, plan.currency)}: ${money(revenue - costs, plan.currency)} a year, on the assumptions below.`,
    ),
    ...part('Partners', list(plan.partners)),
    ...part('Risks', list(plan.risks.map(said))),
    ...part('Assumptions', list(plan.assumptions)),
  ]
}

/** The prices, and the unit economics with their sums done again beside the author's. */
export const renderPricingModel = (model: DocumentOf<'PricingModel'>): Block[] => {
  const { unit_economics: unit, currency } = model
  const margin = unit.arpa * unit.gross_margin
  const ltv = margin / unit.monthly_churn
  const round = (value: number): string =>
    Number.isFinite(value) ? String(Math.round(value * 100) / 100) : 'never'
  return [
    title('Pricing'),
    paragraph(model.summary),
    section('Prices'),
    ...model.tiers.flatMap((tier) => [
      entry(
        `${tier.name}: ${money(tier.price, currency)} ${tier.period === 'once' ? 'once' : `a ${tier.period}`}`,
      ),
      paragraph(`${tier.for_whom}${restsOn(tier.cites)}`),
      list([...tier.includes, ...tier.limits.map((limit) => `Limit: ${limit}`)]),
    ]),
    ...part(
      'Unit economics',
      table(
        ['Figure', 'As stated', 'Computed again'],
        [
          ['Revenue per account and month', money(unit.arpa, currency), '–'],
          ['Gross margin', percent(unit.gross_margin), '–'],
          ['Accounts lost a month', percent(unit.monthly_churn), '–'],
          ['Cost to win an account', money(unit.cac, currency), '–'],
          ['Worth of an account', money(unit.ltv, currency), round(ltv)],
          ['Worth to cost', round(unit.ltv_cac), round(ltv / unit.cac)],
          ['Months to earn the cost back', round(unit.payback_months), round(unit.cac / margin)],
        ],
      ),
      paragraph(`${unit.basis}${restsOn(unit.cites)}`),
    ),
    ...part('Assumptions', list(model.assumptions)),
  ]
}
