import {
  parseBootstrapInputs,
  type RawBootstrapInputs,
  renderBootstrapTemplate,
} from '../../src/bootstrap/template.ts';

/** One line a set of options of the bootstrap command. */
const OPTIONS: Record<string, Omit<RawBootstrapInputs, 'repository'>> = {
  names: {},
  ids: { repositoryId: '456', ownerId: '123', drill: true },
  environments: {
    environment: 'roll back: go',
    planEnvironment: 'plan',
    deployEnvironment: 'deploy',
    cleanupEnvironment: 'cleanup',
    freezeEnvironment: 'freeze',
    drill: 'drill',
    branch: 'release/1.x',
  },
};

/** The bootstrap template in every combination of options. */
export function bootstrapMatrix(): Promise<{ name: string; template: string }[]> {
  return Promise.all(
    Object.entries(OPTIONS).map(async ([name, options]) => ({
      name: `bootstrap-${name}`,
      template: await renderBootstrapTemplate(
        parseBootstrapInputs({ repository: 'my-org/my-repo', ...options }),
      ),
    })),
  );
}
