import { Button, Modal } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { nameOfKey, resetBindings, useBindings } from './bindings'
import { KeyEditor } from './KeyEditor'
import { useActionName } from './useActionName'
import classes from './panels.module.css'

const GROUPS = ['images', 'tools', 'look', 'screen', 'live'] as const

export function KeyboardHelp({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation(['viewer', 'tools', 'presence'])
  const [editing, setEditing] = useState(false)
  const bindings = useBindings()
  const nameOf = useActionName()
  const close = () => {
    setEditing(false)
    onClose()
  }
  return (
    <Modal opened={opened} onClose={close} size="xl" title={t('viewer:help.title')}>
      <div className={classes.keys}>
        {GROUPS.map((group) => (
          <section key={group}>
            <h3>{t([`viewer:help.${group}`, `presence:help.${group}`])}</h3>
            <dl>
              {bindings
                .filter((binding) => binding.group === group)
                .map((binding) => (
                  <div key={binding.action}>
                    <dt>
                      {editing ? (
                        <KeyEditor binding={binding} />
                      ) : (
                        binding.keys.map((key) => <kbd key={key}>{nameOfKey(key)}</kbd>)
                      )}
                    </dt>
                    <dd>{nameOf(binding.action)}</dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
      <p className={classes.dim}>{t('viewer:help.mouse')}</p>
      <p className={classes.dim}>{t('tools:help.drawing')}</p>
      <div className={classes.keyActions}>
        <Button size="xs" variant="default" onClick={() => setEditing((before) => !before)}>
          {t(editing ? 'tools:help.done' : 'tools:help.edit')}
        </Button>
        {editing && (
          <Button size="xs" variant="subtle" color="gray" onClick={resetBindings}>
            {t('tools:help.reset')}
          </Button>
        )}
      </div>
    </Modal>
  )
}
