"""The words of the pages of rules, of what runs here and of signing in, in French, by their English."""

from __future__ import annotations

_RULES = {
    "1 file|{count} files": "1 fichier|{count} fichiers",
    "1 rule|{count} rules": "1 règle|{count} règles",
    "A refused file keeps its last good version in force.": (
        "Un fichier refusé garde sa dernière version correcte en vigueur."
    ),
    "Also": "De plus",
    "Description": "Description",
    "Events it fired for": "Ses événements",
    "Fired in 7 days": "Déclenchée en 7 jours",
    "Fired {number} × in 7 days.": "Déclenchée {number} × en 7 jours.",
    "Fires for": "Attend",
    "It is switched off.": "Elle est désactivée.",
    "Its last good version stays in force; it is shown below.": (
        "Sa dernière version correcte reste en vigueur ; elle est montrée ci-dessous."
    ),
    "Labels": "Étiquettes",
    "Last fired": "Dernière fois",
    "Last:": "Dernière fois :",
    "No rule in force is called “{name}”.": "Aucune règle en vigueur ne s’appelle « {name} ».",
    "No rule matches": "Aucune règle ne correspond",
    "No rule yet": "Aucune règle pour l’instant",
    "Notifies": "Prévient",
    "Owner": "Responsable",
    "Priority": "Priorité",
    "Problem in {file}": "Problème dans {file}",
    "Said of other files": "À propos d’autres fichiers",
    "Show this file": "Voir ce fichier",
    "The file was changed, and the change is refused": "Le fichier a été modifié, et sa modification est refusée",
    "Try a change": "Essayer une modification",
    "What the check says": "Ce qu’en dit la vérification",
    "Words in the name": "Mots du nom",
    "Write one into a file below the folder `rules`.": "Écrivez-en une dans un fichier du dossier `rules`.",
    "as they were before the change": "telles qu’avant la modification",
    "digest": "résumé",
    "fired {number} ×": "déclenchée {number} ×",
    "follow-up": "relance",
    "in force": "en vigueur",
    "its deliveries": "ses envois",
    "last": "dernière fois",
    "last to fire": "arrête les suivantes",
    "lines {first} to {last}": "lignes {first} à {last}",
    "never": "jamais",
    "off": "désactivée",
    "office hours": "heures de bureau",
    "on": "active",
    "once": "une fois",
    "refused": "refusé",
    "throttled": "débit limité",
    "{file}, line {line}": "{file}, ligne {line}",
    "{number} switched on.": "dont {number} en marche.",
}
_ABOUT = {
    "About this Bridge": "À propos de ce Bridge",
    "Changed, and taken at the next start: {keys}": "Modifié, pris en compte au prochain démarrage : {keys}",
    "Configuration": "Configuration",
    "Configuration in force": "Configuration en vigueur",
    "Documentation": "Documentation",
    "Events that wait for them: {number}": "Événements qui les attendent : {number}",
    "GB": "Go",
    "Health": "Santé",
    "It comes with Bridge:": "Elle accompagne Bridge :",
    "MB": "Mo",
    "Metrics for Prometheus": "Mesures pour Prometheus",
    "Nothing was changed by hand yet.": "Rien n’a encore été changé à la main.",
    "Oldest event": "Plus ancien événement",
    "Payloads": "Contenus",
    "Rule files": "Fichiers de règles",
    "Rules in force": "Règles en vigueur",
    "Signed in as {user}, who may look.": "Vous êtes {user}, qui peut regarder.",
    "Signed in as {user}, who may operate.": "Vous êtes {user}, qui peut agir.",
    "Store": "Base de données",
    "TB": "To",
    "The API, described for machines": "L’API, décrite pour les machines",
    "Version {version}, running for {lasting}.": "Version {version}, en marche depuis {lasting}.",
    "What is kept": "Ce qui est gardé",
    "Who changed what": "Qui a changé quoi",
    "about {number}, failed ones for {keep}": "environ {number}, les échecs pendant {keep}",
    "about {number}, for {keep}": "environ {number}, pendant {keep}",
    "bytes": "octets",
    "for {keep}": "pendant {keep}",
    "good": "bon",
    "kB": "ko",
    "ready": "prêt",
    "restart": "redémarrer",
    "secrets masked": "secrets masqués",
    "the oldest for {lasting}": "le plus ancien depuis {lasting}",
    "waits": "attend",
    "{refused} of {number} files refused": "{refused} fichiers sur {number} refusés",
}
_LOGIN = {
    "Admin token": "Jeton d’administration",
    "Lost it? Start Bridge again, or set admin_token in config.yaml.": (
        "Perdu ? Redémarrez Bridge, ou écrivez admin_token dans config.yaml."
    ),
    "Name": "Nom",
    "No name and no token yet?": "Ni nom ni jeton pour l’instant ?",
    "Name or password is wrong. {n} try left.|Name or password is wrong. {n} tries left.": (
        "Nom ou mot de passe incorrect. Encore {n} essai.|Nom ou mot de passe incorrect. Encore {n} essais."
    ),
    "Open {url} (works once, for 10 minutes)": "Ouvrez {url} (une seule fois, pendant 10 minutes)",
    "Password": "Mot de passe",
    "Sign in": "Entrer",
    "Sign in with the admin token": "Entrer avec le jeton d’administration",
    "Sign out": "Quitter",
    "The proxy in front of Bridge signs people in. It did not say who you are.": (
        "Le proxy devant Bridge identifie les personnes. Il n’a pas dit qui vous êtes."
    ),
    "This link has been used, or is too old. Start Bridge again.": (
        "Ce lien a déjà servi, ou il est trop ancien. Redémarrez Bridge."
    ),
    "This page had become too old. Sign in again.": "Cette page était devenue trop ancienne. Entrez à nouveau.",
    "This token is wrong. {n} try left.|This token is wrong. {n} tries left.": (
        "Ce jeton est incorrect. Encore {n} essai.|Ce jeton est incorrect. Encore {n} essais."
    ),
    "Too many tries. Wait {seconds} s.": "Trop d’essais. Attendez {seconds} s.",
    "What Bridge prints": "Ce que Bridge affiche",
    "When neither is configured, Bridge prints a link at start. It works once, on this machine only:": (
        "Sans l’un ni l’autre, Bridge affiche un lien au démarrage. Il sert une fois, sur cette machine seulement :"
    ),
    "You are not signed in": "Vous n’êtes pas entré",
}

PHRASES: dict[str, str] = {
    **_RULES,
    **_ABOUT,
    **_LOGIN,
}
