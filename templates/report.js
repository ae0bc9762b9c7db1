const field = document.querySelector('input');
const rows = [...document.querySelectorAll('#samples tbody tr')];
const found = document.querySelector('#found');
if (field !== null) {
  field.hidden = false;
  field.addEventListener('input', () => {
    const wanted = field.value.toLowerCase();
    for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
    found.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length} shown`;
  });
}
