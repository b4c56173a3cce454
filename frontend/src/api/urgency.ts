import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import { http } from './http'
import type { AutomationRule, AutomationRules, RuleDraft, RuleTrial, TierChanges, UrgencyNotices, UrgencyTier } from './types'

const RULES = ['automation-rules'] as const
const NOTICES = ['urgency-notices'] as const
const TIERS = ['urgency-tiers'] as const
/** Each reading of notices is an audit entry. */
const NOTICES_EVERY_MS = 60_000

export function useAutomationRules() {
  return useQuery({
    queryKey: RULES,
    queryFn: ({ signal }) => http.get<AutomationRules>('/api/automation-rules', { signal }),
  })
}

export function useRuleActions() {
  const client = useQueryClient()
  const onSettled = () => client.invalidateQueries({ queryKey: RULES })
  return {
    create: useMutation({
      mutationFn: (draft: RuleDraft) => http.post<AutomationRule>('/api/automation-rules', draft),
      onSettled,
    }),
    change: useMutation({
      mutationFn: ({ rule, changes }: { rule: AutomationRule; changes: Partial<RuleDraft> }) =>
        http.patch<AutomationRule>(`/api/automation-rules/${rule.id}`, changes, { version: rule.version }),
      onSettled,
    }),
    tryOut: useMutation({ mutationFn: (draft: RuleDraft) => http.post<RuleTrial>('/api/automation-rules/trial', draft) }),
  }
}

export function useUrgencyNotices(enabled = true) {
  return useQuery({
    queryKey: NOTICES,
    queryFn: ({ signal }) => http.get<UrgencyNotices>('/api/urgency-notices', { signal }),
    enabled,
    staleTime: NOTICES_EVERY_MS / 2,
    refetchInterval: NOTICES_EVERY_MS,
  })
}

export function useNoticeActions() {
  const client = useQueryClient()
  const onSuccess = (notices: UrgencyNotices) => client.setQueryData(NOTICES, notices)
  const onError = () => client.invalidateQueries({ queryKey: NOTICES })
  return {
    acknowledge: useMutation({
      mutationFn: (alertId: string) => http.post<UrgencyNotices>(`/api/urgency-notices/${alertId}/acknowledge`),
      onSuccess,
      onError,
    }),
    noteDemotion: useMutation({
      mutationFn: (tierId: string) => http.post<UrgencyNotices>(`/api/urgency-tiers/${tierId}/seen`),
      onSuccess,
      onError,
    }),
  }
}

export function useUrgencyTiers(enabled: boolean) {
  return useQuery({
    queryKey: TIERS,
    queryFn: async ({ signal }) => (await http.get<{ results: UrgencyTier[] }>('/api/urgency-tiers', { signal })).results,
    enabled,
  })
}

export function useChangeTier() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ tier, changes }: { tier: UrgencyTier; changes: TierChanges }) =>
      http.patch<UrgencyTier>(`/api/urgency-tiers/${tier.id}`, changes, { version: tier.version }),
    onSettled: () => client.invalidateQueries({ queryKey: TIERS }),
  })
}
