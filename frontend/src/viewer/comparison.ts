import type { StackView } from './stackView'

/** The case's own patient, among the identities that its studies name. */
export const OWN_IDENTITY = ''

/**
 * Which views may stand side by side. A case may hold images that name another patient, confirmed
 * by somebody with a reason; beside the case's patient they stand only where a person has chosen
 * to compare, and then every viewport says so.
 */
export class Comparison {
  /** Study -> identity; a study that is not listed is the case's own patient's. */
  identities: ReadonlyMap<string, string> = new Map()
  chosen = false

  identityOf(view: StackView): string | null {
    const study = view.state.series?.study_instance_uid
    return study === undefined ? null : this.identityOfStudy(study)
  }

  identityOfStudy(study_instance_uid: string): string {
    return this.identities.get(study_instance_uid) ?? OWN_IDENTITY
  }

  /** Whether a picture of this study may stand beside what the others show. */
  mayStand(study_instance_uid: string, others: readonly StackView[]): boolean {
    if (this.chosen) return true
    const identity = this.identityOfStudy(study_instance_uid)
    return others.every((other) => (this.identityOf(other) ?? identity) === identity)
  }

  /** More than one identity is on the screen. */
  isMixed(views: readonly StackView[]): boolean {
    return new Set(views.map((view) => this.identityOf(view)).filter((one) => one !== null)).size > 1
  }

  /** The views that have to go when nobody compares any more: the case's patient stays. */
  strangers(views: readonly StackView[], active: StackView | null): StackView[] {
    if (this.chosen || !this.isMixed(views)) return []
    const shown = views.map((view) => this.identityOf(view))
    const kept = shown.includes(OWN_IDENTITY) ? OWN_IDENTITY : active && this.identityOf(active)
    return views.filter((view) => ![null, kept].includes(this.identityOf(view)))
  }
}
