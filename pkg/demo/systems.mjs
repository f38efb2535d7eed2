/** The four systems, as far as the demo and the tests must know them: a harmless path, and where the secret is. */
export const SYSTEMS = {
  workspan: { title: 'WorkSpan', path: '/app/v1/company', secret: 'clientSecret', revokes: true },
  appspace: { title: 'Appspace', path: '/api/v3/channelDirectory', secret: 'refreshToken', revokes: false },
  'workspace-one-access': {
    title: 'Workspace ONE Access',
    path: '/SAAS/jersey/manager/api/scim/Me',
    secret: 'clientSecret',
    revokes: false,
  },
  workstream: { title: 'Workstream', path: '/positions', secret: 'clientSecret', revokes: true },
};
