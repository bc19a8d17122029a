/** What a good author would hand in for a recipe box: the phases that come before code. */
const scored = (score: number, reason: string) => ({ score, reason, cites: ['Idea#/text'] })
const feasibility = {
  technical: scored(0.9, 'One service and one file of data are enough for a family.'),
  financial: scored(0.8, 'It runs on a machine that the family has.'),
  operational: scored(0.8, 'One person starts it and keeps a copy of the file.'),
}

export const INTAKE = {
  Idea: { text: 'a recipe box for a family of five' },
  Clarifications: {
    questions: [
      {
        text: 'May guests read recipes?',
        category: 'clarification',
        priority: 'medium',
        decision_impact: 'Decides whether reading needs a name.',
        default: 'Yes, everybody at home may read.',
      },
    ],
    notes: 'The family shares one list.',
  },
  Constraints: {
    summary: 'It runs at home, without cost.',
    constraints: [
      {
        id: 'CON-001',
        kind: 'platform',
        text: 'It runs on Node.js 24.',
        is_hard: true,
        cites: ['Idea#/text'],
      },
    ],
    open_points: [],
  },
  IdeaSpec: {
    title: 'Recipe box',
    summary: 'A web service that keeps the recipes of a family of 5.',
    problem: 'Recipes lie on paper in 3 drawers and get lost.',
    users: [{ name: 'Cook', need: 'Find a recipe in 1 minute.', cites: ['Idea#/text'] }],
    goals: [{ text: 'Keep recipes.', cites: ['Idea#/text'] }],
    constraints: [{ text: 'No cost.', cites: ['Idea#/text'] }],
    out_of_scope: ['Shopping lists'],
    assumptions: [{ text: 'All 5 share one list.', cites: ['Clarifications#/notes'] }],
    success_measures: [{ text: '20 recipes after 1 month.', cites: ['Idea#/text'] }],
    feasibility,
  },
} as const

export const IDEATION = {
  IdeationResult: {
    summary: 'Start with keeping and finding.',
    strategy: {
      vision: 'No recipe is lost.',
      approach: 'One page, one list.',
      first_release: 'Add, list, search.',
      cites: ['IdeaSpec#/goals/0'],
    },
    use_cases: [
      {
        id: 'UC-001',
        title: 'Add a recipe',
        actor: 'Cook',
        goal: 'Keep it.',
        steps: ['Open the page.', 'Write it down.', 'Save.'],
        cites: ['IdeaSpec#/goals/0'],
      },
    ],
    differentiators: [{ text: 'It needs no account.', cites: ['IdeaSpec#/users/0'] }],
    alternatives_considered: [{ title: 'A shared text file', reason_refused: 'Two edits at once lose one.' }],
    feasibility,
  },
  CompetitiveAnalysis: {
    summary: 'Paper and notes are what families use.',
    alternatives: [
      {
        name: 'A paper box',
        kind: 'manual',
        description: 'Cards in a box.',
        strengths: ['Needs no machine.'],
        weaknesses: ['There is one copy.'],
        basis: 'general-knowledge',
        source: 'What the author knows; nobody looked it up.',
        cites: [],
      },
    ],
    gaps_in_the_market: [{ text: 'Few work without an account.', cites: ['IdeaSpec#/problem'] }],
    our_position: { text: 'For one family, at home.', cites: ['IdeaSpec#/summary'] },
  },
  TechStackProposal: {
    summary: 'As little as will do.',
    choices: [
      {
        area: 'runtime',
        choice: 'Node.js 24',
        reason: 'It is there.',
        alternatives: [{ name: 'Python', reason_refused: 'Not on the machine.' }],
        cites: ['Constraints#/constraints/0'],
      },
    ],
    risks: [],
  },
  Personas: {
    personas: ['Ada', 'Ben', 'Cem'].map((name, index) => ({
      name,
      role: 'Cook',
      context: 'Cooks after work.',
      goals: ['Cook something known.'],
      frustrations: ['The card is not in the box.'],
      skills: 'Uses a phone every day.',
      is_primary: index === 0,
      cites: ['IdeaSpec#/users/0'],
    })),
  },
} as const

export const CRITIQUE = {
  CritiqueReport: {
    summary: 'Sound and small.',
    strengths: [{ text: 'It has one purpose.', cites: ['IdeaSpec#/goals/0'] }],
    findings: [
      {
        title: 'One copy',
        text: 'The file is the only copy.',
        severity: 'medium',
        recommendation: 'Say how to copy it.',
        cites: ['TechStackProposal#/choices/0'],
      },
    ],
    verdict: 'go-with-changes',
    verdict_reason: 'The copy has to be settled.',
  },
  RiskRegister: {
    summary: 'Three risks.',
    risks: (['technical', 'operational', 'security'] as const).map((category, index) => ({
      id: `RISK-00${String(index + 1)}`,
      title: `Loss ${String(index + 1)}`,
      description: 'The disk fails and the file is gone.',
      category,
      likelihood: index + 1,
      impact: 4,
      mitigation: 'Copy the file each night.',
      mitigation_status: 'pending',
      owner: 'Who runs the service',
      trigger: 'A read error of the disk.',
      cites: ['CritiqueReport#/findings/0'],
    })),
  },
  RevisedAssumptions: {
    summary: 'One was revised.',
    assumptions: [
      {
        id: 'ASM-001',
        statement: 'All 5 share one list.',
        category: 'user',
        challenge: 'A child may want an own list.',
        verdict: 'revised',
        revised_statement: 'All 5 share one list in the first release.',
        status: 'active',
        owner: 'Product',
        flagged_by: 'assumption-challenger',
        cites: ['IdeaSpec#/assumptions/0'],
      },
    ],
    changes: ['Own lists stay out of scope.'],
  },
} as const

export const PRODUCT = {
  PRD: {
    title: 'Recipe box',
    overview: 'Keeps and finds the recipes of a family.',
    requirements: [
      {
        id: 'REQ-001',
        title: 'Add a recipe',
        statement: 'POST /recipes keeps a recipe with a title and answers 201.',
        acceptance: ['A recipe with a title is answered with 201.'],
        priority: 'must',
        cites: ['IdeaSpec#/goals/0'],
      },
    ],
    nonfunctional: [
      {
        text: 'Answers in 200 ms.',
        measure: '100 requests, 95th percentile.',
        cites: ['NFRs#/requirements/0'],
      },
    ],
    out_of_scope: ['Shopping lists'],
  },
  NFRs: {
    summary: 'Few and measured.',
    requirements: [
      {
        id: 'NFR-001',
        category: 'performance',
        statement: 'The list is there fast.',
        measure: '95th percentile of GET /recipes',
        operator: 'at-most',
        target: 200,
        unit: 'ms',
        verified_by: 'PerfReport',
        cites: ['PRD#/requirements/0'],
      },
    ],
  },
  UXFlows: {
    summary: 'One page.',
    screens: [{ name: 'Box', purpose: 'Shows all.', elements: ['Search', 'List', 'Form'] }],
    flows: [
      {
        name: 'Add',
        persona: 'Ada',
        requirements: ['REQ-001'],
        steps: [{ screen: 'Box', action: 'Saves.', response: 'It is in the list.', on_error: null }],
        cites: ['PRD#/requirements/0'],
      },
    ],
  },
  UserStories: {
    stories: [
      {
        id: 'US-001',
        as: 'cook',
        want: 'to keep a recipe',
        so_that: 'it is not lost',
        requirements: ['REQ-001'],
        acceptance: ['It is in the list after saving.'],
      },
    ],
  },
  RTM: {
    rows: [
      {
        requirementId: 'REQ-001',
        title: 'Add a recipe',
        cites: ['IdeaSpec#/goals/0'],
        origins: [{ path: ['IdeaSpec#/goals/0', 'Idea#/text'], text: 'a recipe box for a family of five' }],
        stories: ['US-001'],
        tests: [{ test: 'REQ-001 keeps a recipe', file: 'test/a.test.js', outcome: 'pass' }],
        checks: [{ phase: 'build', guard: 'tests', round: 1, digest: 'a'.repeat(64), outcome: 'pass' }],
        dossier: 'index.html#REQ-001',
      },
    ],
    orphans: {
      requirementsWithoutStory: [],
      requirementsWithoutTest: [],
      requirementsWithoutOrigin: [],
      goalsWithoutRequirement: [],
      storiesWithoutRequirement: [],
      testsWithoutRequirement: [],
    },
  },
  PrdReview: {
    artifact: 'PRD',
    verdict: 'accept',
    summary: 'Every requirement can be tested.',
    findings: [
      {
        severity: 'low',
        text: 'Say what a title is.',
        cites: ['PRD#/requirements/0'],
        requirement: 'REQ-001',
      },
    ],
  },
} as const

export const BUSINESS = {
  BusinessPlan: {
    summary: 'Free for families.',
    model: 'freemium',
    value_proposition: { text: 'No recipe is lost.', cites: ['IdeaSpec#/problem'] },
    segments: [{ name: 'Families', need: 'Keep recipes.', cites: ['IdeaSpec#/users/0'] }],
    currency: 'EUR',
    revenue_streams: [
      {
        name: 'Hosted box',
        text: 'We run it.',
        yearly_amount: 12_000,
        confidence: 0.7,
        basis: '100 families at 10 a month.',
        cites: ['CompetitiveAnalysis#/our_position'],
      },
    ],
    costs: [{ name: 'Hosting', yearly_amount: 1200, kind: 'fixed', basis: '100 a month.' }],
    partners: [],
    risks: [],
    assumptions: ['Families pay for not losing recipes.'],
  },
  PricingModel: {
    summary: 'Two tiers.',
    currency: 'EUR',
    tiers: [
      {
        name: 'Home',
        price: 0,
        period: 'month',
        for_whom: 'Who runs it at home.',
        includes: ['Everything'],
        limits: [],
        cites: ['IdeaSpec#/constraints/0'],
      },
    ],
    unit_economics: {
      arpa: 10,
      gross_margin: 0.8,
      monthly_churn: 0.04,
      cac: 40,
      ltv: 200,
      ltv_cac: 5,
      payback_months: 5,
      basis: 'Assumed, not measured.',
      cites: ['CompetitiveAnalysis#/alternatives/0'],
    },
    assumptions: ['4 of 100 leave each month.'],
  },
  GTMStrategy: {
    summary: 'By word of mouth.',
    positioning: { text: 'For one family.', cites: ['IdeaSpec#/summary'] },
    channels: [
      {
        name: 'Friends',
        audience: 'Families',
        action: 'Show it.',
        monthly_cost: 0,
        expected_result: '1 family a month.',
        cites: ['Personas#/personas/0'],
      },
    ],
    currency: 'EUR',
    stages: [{ name: 'Home', goal: 'Use it.', actions: ['Start it.'], done_when: '20 recipes are in it.' }],
    messages: ['No recipe is lost.'],
    risks: [],
  },
  BusinessMetrics: {
    summary: 'One number.',
    north_star: 'Recipes cooked a week',
    metrics: [
      {
        name: 'Recipes',
        definition: 'Recipes that are kept.',
        formula: 'count of recipes',
        event: 'recipe.added',
        unit: 'recipes',
        target: 20,
        direction: 'up',
        review: 'monthly',
        cites: ['IdeaSpec#/success_measures/0'],
      },
    ],
  },
} as const
