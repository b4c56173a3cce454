import type { Signal } from './signal'
import type { Cause, StackView } from './stackView'
import { refuseStranger } from './volume/strangers'

/** The case's own patient, among the identities that its studies name. */
export const OWN_IDENTITY = ''

/** The screen on which they stand. */
export interface ComparedScreen {
  readonly views: readonly StackView[]
  readonly visibleViews: readonly StackView[]
  readonly activeView: StackView | null
  readonly changed: Signal<Cause>
  retry(index: number): void
}

/**
 * Which views may stand side by side. A case may hold images that name another patient, confirmed
 * by somebody with a reason; beside the case's patient they stand only where a person has chosen
 * to compare, and then every viewport says so.
 */
export class Comparison {
  /** Study -> identity; a study that is not listed is the case's own patient's. */
  private identities: ReadonlyMap<string, string> = new Map()
  private isChosen = false
  private readonly screen: ComparedScreen

  constructor(screen: ComparedScreen) {
    this.screen = screen
  }

  get chosen(): boolean {
    return this.isChosen
  }

  /** Which studies of the case name another patient than the case. */
  setIdentities(identities: ReadonlyMap<string, string>): void {
    this.identities = identities
    this.sendAwayStrangers('program')
  }

  /** Two identities on one screen: only as long as somebody has chosen so. */
  choose(chosen: boolean, cause: Cause): void {
    if (chosen === this.isChosen) return
    this.isChosen = chosen
    if (!chosen) this.sendAwayStrangers(cause)
    this.screen.changed.emit(cause)
    this.screen.views.forEach((view, index) => {
      if (chosen && view.state.status === 'other_identity') this.screen.retry(index)
    })
  }

  /** Another case begins without. */
  forget(): void {
    this.isChosen = false
  }

  private sendAwayStrangers(cause: Cause): void {
    const { visibleViews, activeView } = this.screen
    for (const view of this.strangers(visibleViews, activeView)) view.clear('other_identity', cause)
    if (this.isChosen) return
    for (const view of visibleViews) {
      const over = this.identityOver(view)
      if (over !== null && over !== this.identityOf(view)) refuseStranger(view, cause)
    }
  }

  identityOf(view: StackView): string | null {
    const study = view.state.series?.study_instance_uid
    return study === undefined ? null : this.identityOfStudy(study)
  }

  /** Of what is laid over a view. */
  private identityOver(view: StackView): string | null {
    const study = view.planes.fusedOn?.study_instance_uid
    return study === undefined ? null : this.identityOfStudy(study)
  }

  identityOfStudy(study_instance_uid: string): string {
    return this.identities.get(study_instance_uid) ?? OWN_IDENTITY
  }

  /** Whether a picture of this study may stand beside what the others show. */
  mayStand(study_instance_uid: string, others: readonly StackView[]): boolean {
    if (this.isChosen) return true
    const identity = this.identityOfStudy(study_instance_uid)
    return others.every((other) => (this.identityOf(other) ?? identity) === identity)
  }

  /** More than one identity is on the screen. */
  isMixed(views: readonly StackView[]): boolean {
    const shown = views.flatMap((view) => [this.identityOf(view), this.identityOver(view)])
    return new Set(shown.filter((one) => one !== null)).size > 1
  }

  /** The views that have to go when nobody compares any more: the case's patient stays. */
  private strangers(views: readonly StackView[], active: StackView | null): StackView[] {
    if (this.isChosen || !this.isMixed(views)) return []
    const shown = views.map((view) => this.identityOf(view))
    const kept = shown.includes(OWN_IDENTITY) ? OWN_IDENTITY : active && this.identityOf(active)
    return views.filter((view) => ![null, kept].includes(this.identityOf(view)))
  }
}
