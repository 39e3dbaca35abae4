<?php
/**
 * How documents look in the site's theme.
 *
 * @package eveobs
 */

namespace Eveobs;

defined( 'ABSPATH' ) || exit;

/** Whether a post is one of ours. */
function is_ours( $post ): bool {
	return in_array( get_post_type( $post ), types(), true );
}

/** The address of the picture of a post, or "". */
function picture_of( $post ): string {
	$post = get_post( $post );
	return $post && is_ours( $post ) && ! post_password_required( $post ) ? (string) get_post_meta( $post->ID, 'eve_image', true ) : '';
}

/** A document with a picture has a thumbnail. */
function has_thumbnail( $has, $post ) {
	return $has || '' !== picture_of( $post );
}

/** The picture as the thumbnail; on its own page a document shows it itself. */
function thumbnail( $html, $post_id, $thumbnail_id, $size, $attributes ) {
	if ( ! is_ours( $post_id ) ) {
		return $html;
	}
	if ( is_singular() && (int) get_queried_object_id() === (int) $post_id ) {
		return '';
	}
	$address = picture_of( $post_id );
	if ( '' !== $html || ! $address ) {
		return $html;
	}
	$class = trim( 'eveobs-thumbnail wp-post-image ' . ( is_array( $attributes ) ? (string) ( $attributes['class'] ?? '' ) : '' ) );
	return inert( sprintf( '<img class="%s" src="%s" alt="%s" width="128" height="128" loading="lazy">', esc_attr( $class ), esc_url( $address, array( 'https', 'http' ) ), esc_attr( get_the_title( $post_id ) ) ) );
}

/** In lists a document is its summary. */
function summary( $content ) {
	$post = get_post();
	return $post && is_ours( $post ) && ! is_singular() && ! is_feed() && in_the_loop() && ! post_password_required( $post ) ? inert( '<p>' . wp_kses_post( $post->post_excerpt ) . '</p>' ) : $content;
}

/** The style, where there is something of ours to be styled. */
function style() {
	$ours = is_singular( types() ) || is_post_type_archive( types() );
	foreach ( array_keys( taxonomies() ) as $term ) {
		$ours = $ours || is_tax( "eve_$term" );
	}
	if ( $ours ) {
		print_style();
	}
}

/** Enqueues the style once. */
function print_style() {
	if ( ! wp_style_is( 'eveobs', 'registered' ) ) {
		wp_register_style( 'eveobs', false, array(), VERSION ); // phpcs:ignore
		wp_add_inline_style( 'eveobs', CSS );
	}
	wp_enqueue_style( 'eveobs' );
}

const CSS = <<<'CSS'
.eveobs{--line:color-mix(in srgb,currentColor 18%,transparent);--quiet:color-mix(in srgb,currentColor 68%,transparent);--tint:color-mix(in srgb,currentColor 6%,transparent);font-size:1rem;line-height:1.5;overflow-wrap:break-word}
.eveobs *{box-sizing:border-box}
.eveobs-head{display:flex;gap:1.2rem;align-items:center;margin:0 0 1.2rem}
.eveobs-picture{width:6rem;height:6rem;flex:none;object-fit:contain;border-radius:.6rem;background:var(--tint)}
.eveobs-lead{margin:0;color:var(--quiet);font-size:1.1rem}
.eveobs-note{border-left:4px solid #d9a400;background:color-mix(in srgb,#d9a400 14%,transparent);padding:.6rem .9rem;margin:0 0 1.2rem}
.eveobs-facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(12rem,1fr));gap:1px;margin:0 0 1.5rem;background:var(--line);border:1px solid var(--line);border-radius:.6rem;overflow:hidden}
.eveobs-facts>div{padding:.6rem .9rem;background:Canvas;background:var(--wp--preset--color--base,var(--wp--preset--color--background,Canvas))}
.eveobs-facts dt{font-size:.8rem;font-weight:400;color:var(--quiet);margin:0}
.eveobs-facts dd{margin:0;font-variant-numeric:tabular-nums}
.eveobs h2{font-size:1.2rem;margin:1.8rem 0 .6rem}
.eveobs table{width:100%;border-collapse:collapse;border:1px solid var(--line);margin:0 0 1rem}
.eveobs th,.eveobs td{text-align:left;padding:.45rem .7rem;border:0;border-bottom:1px solid var(--line);vertical-align:top}
.eveobs thead th{font-size:.8rem;font-weight:500;color:var(--quiet);white-space:nowrap;background:var(--tint)}
.eveobs thead a{color:inherit}
.eveobs .number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.eveobs-list td[data-label=Date],.eveobs-list td[data-label=Region]{white-space:nowrap}
.eveobs-chart th{font-weight:400;width:12rem}
.eveobs-chart td{display:flex;gap:.6rem;align-items:center}
.eveobs-bar{display:inline-block;height:.8rem;background:#2f8fb3;border-radius:.2rem;flex-shrink:1}
.eveobs-finder{display:flex;flex-wrap:wrap;gap:.6rem;align-items:end;margin:0 0 1rem}
.eveobs-finder label{display:grid;font-size:.8rem;color:var(--quiet)}
.eveobs-finder input,.eveobs-finder select,.eveobs-finder button{font:inherit;font-size:1rem;padding:.35rem .6rem;max-width:100%}
.eveobs-pager{display:flex;gap:1rem;color:var(--quiet)}
.eveobs-thumbnail{width:128px;max-width:100%;height:auto!important;object-fit:contain}
@media(max-width:640px){
.eveobs-picture{width:4.5rem;height:4.5rem}.eveobs-chart th{width:7.5rem}
.eveobs .cards,.eveobs .cards tbody,.eveobs .cards tr{display:block}
.eveobs .cards thead{position:absolute;clip-path:inset(50%)}
.eveobs .cards tr{padding:.6rem .7rem;border-bottom:1px solid var(--line)}
.eveobs .cards td{display:flex;justify-content:space-between;gap:1rem;padding:.1rem 0;border:0;text-align:right;white-space:normal;overflow-wrap:anywhere}
.eveobs .cards td:empty{display:none}
.eveobs .cards td::before{content:attr(data-label);color:var(--quiet);text-align:left;flex:none}
}
CSS;
