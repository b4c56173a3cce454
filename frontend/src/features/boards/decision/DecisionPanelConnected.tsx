import { useState } from 'react'

import { type DecisionDraft, draftOf, emptyDraft, useDecisionActions } from '@/api/boards'
import type { Decision, PersonRef } from '@/api/types'

import { DecisionPanel } from './DecisionPanel'

interface DecisionPanelConnectedProps {
  caseId: string
  decision: Decision | null
  meetingId: string | null
  people: readonly PersonRef[]
  maySign: boolean
  onSigned?: () => void
}

/** The decision form over REST. A newer version from elsewhere replaces a form nobody touched. */
export function DecisionPanelConnected({ caseId, decision, meetingId, people, maySign, onSigned }: DecisionPanelConnectedProps) {
  const { save, sign } = useDecisionActions(caseId)
  const [draft, setDraft] = useState<DecisionDraft>(() => (decision ? draftOf(decision) : emptyDraft()))
  const [isDirty, setDirty] = useState(false)
  const version = decision?.version ?? 0
  const [seenVersion, setSeenVersion] = useState(version)
  if (version !== seenVersion) {
    setSeenVersion(version)
    if (!isDirty && decision) setDraft(draftOf(decision))
  }
  return (
    <DecisionPanel
      draft={draft}
      people={people}
      savedAt={decision?.updated_at ?? null}
      isDirty={isDirty}
      isSaving={save.isPending}
      problem={save.error}
      onChange={(next) => {
        setDraft(next)
        setDirty(true)
      }}
      onSave={() => save.mutate({ decision, meetingId, draft }, { onSuccess: () => setDirty(false) })}
      onSign={
        maySign
          ? async () => {
              if (!decision) return
              await sign.mutateAsync(decision)
              onSigned?.()
            }
          : null
      }
    />
  )
}
