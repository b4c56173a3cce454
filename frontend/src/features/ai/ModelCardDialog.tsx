import { Modal } from '@mantine/core'
import { useTranslation } from 'react-i18next'

import type { ModelEntry } from '@/api/types'
import { humanise } from '@/ui/format'

import classes from './Findings.module.css'

/** A model card is free-form: whatever its authors said is shown as they said it. */
export function ModelCardDialog({ model, onClose }: { model: ModelEntry; onClose: () => void }) {
  const { t } = useTranslation('ai')
  const rows = Object.entries(model.card ?? {})
  const rules = scopeRules(model.scope)
  return (
    <Modal opened onClose={onClose} title={`${model.name} ${model.version}`} size="lg">
      {rows.length === 0 && <p>{t('models.noCard')}</p>}
      <table className={classes.cardTable}>
        <tbody>
          {rows.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{humanise(name)}</th>
              <td>
                <CardValue value={value} />
              </td>
            </tr>
          ))}
          {rules.length > 0 && (
            <tr>
              <th scope="row">{t('models.scope')}</th>
              <td>
                <ul>
                  {rules.map((rule) => (
                    <li key={rule}>{rule}</li>
                  ))}
                </ul>
              </td>
            </tr>
          )}
          {model.sha256 && (
            <tr>
              <th scope="row">{t('models.sha')}</th>
              <td className={classes.mono}>{model.sha256}</td>
            </tr>
          )}
        </tbody>
      </table>
    </Modal>
  )
}

function CardValue({ value }: { value: unknown }) {
  if (Array.isArray(value)) {
    return (
      <ul>
        {value.map((entry: unknown, index) => (
          <li key={index}>
            <CardValue value={entry} />
          </li>
        ))}
      </ul>
    )
  }
  if (typeof value === 'object' && value !== null) {
    return (
      <table className={classes.cardTable}>
        <tbody>
          {Object.entries(value).map(([name, inner]) => (
            <tr key={name}>
              <th scope="row">{humanise(name)}</th>
              <td>
                <CardValue value={inner} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    )
  }
  return <>{value === null || value === '' ? '–' : String(value)}</>
}

/** The sentences of a scope, in whichever of its known shapes it came. */
export function scopeRules(scope: ModelEntry['scope']): string[] {
  const rules = scope?.rules
  if (!Array.isArray(rules)) return []
  return rules.flatMap((rule: unknown) => {
    const message = typeof rule === 'object' && rule !== null && 'message' in rule ? rule.message : null
    return typeof message === 'string' ? [message] : []
  })
}
