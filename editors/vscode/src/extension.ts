// The extension starts nnc's language server for .nn files. All that it says comes from there.

import * as vscode from 'vscode';
import { LanguageClient, TransportKind } from 'vscode-languageclient/node';

let client: LanguageClient | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  context.subscriptions.push(
    vscode.commands.registerCommand('nnc.restart', restart),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration('nnc.path')) {
        void restart();
      }
    }),
  );
  await start();
}

export async function deactivate(): Promise<void> {
  await stop();
}

async function restart(): Promise<void> {
  await stop();
  await start();
}

async function start(): Promise<void> {
  const command = vscode.workspace.getConfiguration('nnc').get<string>('path', 'nnc');
  client = new LanguageClient(
    'nnc',
    'nnc',
    { command, args: ['lsp'], transport: TransportKind.stdio },
    { documentSelector: [{ language: 'nn' }] },
  );
  try {
    await client.start();
  } catch (error) {
    client = undefined;
    const install = 'go install github.com/nnc-lang/nnc/cmd/nnc@latest';
    void vscode.window.showErrorMessage(
      `${command} lsp does not start: ${String(error)}. Install nnc (${install}), or say where it is in the setting nnc.path.`,
    );
  }
}

async function stop(): Promise<void> {
  const running = client;
  client = undefined;
  await running?.stop();
}
