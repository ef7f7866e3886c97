/**
 * Launch configurations: what F5 does without a launch.json, what is offered for a new one, and the building of Go
 * source before the program starts. Everything else about a configuration is checked by the debug adapter.
 */
import * as vscode from 'vscode';
import type { Platform } from './activation.ts';

export function configurationProviders(context: vscode.ExtensionContext, platform: Platform): vscode.Disposable[] {
  const provider: vscode.DebugConfigurationProvider = {
    provideDebugConfigurations: () => [GO_PACKAGE, EXECUTABLE],

    resolveDebugConfiguration(_folder, configuration) {
      // F5 without a launch.json sends an empty configuration.
      if (!configuration.type && !configuration.request && !configuration.name) {
        const program = programOf(vscode.window.activeTextEditor?.document);
        if (!program) {
          void vscode.window.showErrorMessage(
            'Ring 3 runs Linux executables and Go packages: open a Go file, or name the program in launch.json.',
          );
          return undefined;
        }
        return {
          type: 'ring3',
          request: 'launch',
          name: 'Ring 3',
          program,
        };
      }
      return configuration;
    },

    resolveDebugConfigurationWithSubstitutedVariables(_folder, configuration, token) {
      if (configuration.request !== 'launch' || typeof configuration.program !== 'string') return configuration;
      return platform.buildGo ? platform.buildGo(configuration, context, token) : configuration;
    },
  };

  const dynamic: vscode.DebugConfigurationProvider = {
    provideDebugConfigurations: () => {
      const program = programOf(vscode.window.activeTextEditor?.document);
      return program
        ? [{ ...GO_PACKAGE, name: `Ring 3: ${program.slice(program.lastIndexOf('/') + 1)}`, program }]
        : [];
    },
  };

  return [
    vscode.debug.registerDebugConfigurationProvider('ring3', provider),
    vscode.debug.registerDebugConfigurationProvider(
      'ring3',
      dynamic,
      vscode.DebugConfigurationProviderTriggerKind.Dynamic,
    ),
    vscode.commands.registerCommand('ring3.debugFile', (resource?: vscode.Uri) => debugFile(resource)),
  ];
}

const GO_PACKAGE: vscode.DebugConfiguration = {
  type: 'ring3',
  request: 'launch',
  name: 'Ring 3: Go package',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: VS Code's variable, replaced when the session starts
  program: '${fileDirname}',
};

const EXECUTABLE: vscode.DebugConfiguration = {
  type: 'ring3',
  request: 'launch',
  name: 'Ring 3: Linux executable',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: VS Code's variable, replaced when the session starts
  program: '${workspaceFolder}/a.out',
};

/** The package of a Go file, or of an assembly file beside Go files: both are built as the folder they are in. */
function programOf(document: vscode.TextDocument | undefined): string | undefined {
  if (!document || document.isUntitled) return undefined;
  return ['go', 'go.asm'].includes(document.languageId) ? parent(document.uri.fsPath) : undefined;
}

function parent(path: string): string {
  return path.replace(/[\\/][^\\/]*$/, '') || '/';
}

/** The run button of a Go editor and the explorer's menu. */
async function debugFile(resource: vscode.Uri | undefined): Promise<void> {
  const uri = resource ?? vscode.window.activeTextEditor?.document.uri;
  if (!uri) {
    void vscode.window.showErrorMessage('Ring 3: open the Go file or name the executable to run.');
    return;
  }
  const goSource = /\.(go|s)$/.test(uri.path);
  const program = goSource ? parent(uri.fsPath) : uri.fsPath;
  const folder = vscode.workspace.getWorkspaceFolder(uri);
  const name = `Ring 3: ${program.slice(program.lastIndexOf('/') + 1)}`;
  await vscode.debug.startDebugging(folder, { type: 'ring3', request: 'launch', name, program });
}
