/** The address of a moment of a recording. */
export const replayPath = (session: string, caseId: string, seq: number): string =>
  `/live/${session}/replay?case=${caseId}&at=${seq}`

/** The images of a case, with the view that a decision was signed on. */
export const decisionViewPath = (caseId: string, decision: string): string =>
  `/cases/${caseId}/view?decision=${decision}`

/** The images of a case, on the first view of a tour. */
export const tourPath = (caseId: string, tour: string): string =>
  `/cases/${caseId}/view?tour=${tour}`
