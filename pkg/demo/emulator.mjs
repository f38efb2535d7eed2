/** What the demo asks of the emulator: its accounts, its clock, its console. */
export class Emulator {
  #url;

  constructor(url) {
    if (!url) throw new Error('GRANTLINE_EMULATOR must name a running emulator: use `cargo xtask demo`');
    this.#url = `${url}/_emulator`;
  }

  async account(system) {
    return (await (await fetch(`${this.#url}/accounts`)).json())[system];
  }

  async now() {
    return (await this.#post('clock', { advance_ms: 0 })).now_ms;
  }

  async set(ms) {
    return (await this.#post('clock', { set_ms: ms })).now_ms;
  }

  control(system, change) {
    return this.#post(`control/${system}`, change);
  }

  async #post(path, body) {
    const response = await fetch(`${this.#url}/${path}`, { method: 'POST', body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`the emulator answered ${response.status} to ${path}`);
    return response.json();
  }
}
