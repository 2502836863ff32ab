// Before anything is drawn: dark or light as it was chosen here, else as the system has it.
try {
  const chosen = localStorage.getItem("theme");
  if (chosen) document.documentElement.dataset.theme = chosen;
} catch { /* no storage: the system's choice */ }
